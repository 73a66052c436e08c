/** Ollama tells the number of tokens only at the end of an answer; until then it is estimated from the text. */
const CHARACTERS_PER_TOKEN = 4;
/** Below this a speed is mostly chance. */
const MIN_MEASURED_MS = 500;

/**
 * How far an experiment is, as one line: `run 1/1 · turn 2/6 · ~31 tokens/s · 0:12`. The speed is that of the text
 * of the turn in progress, from its first to its latest piece; between two turns the last one stays.
 */
export class ProgressLine {
  private run = 0;
  private turn = 0;
  private characters = 0;
  private firstAt?: number;
  private tokensPerSecond?: number;

  constructor(
    private readonly runs: number,
    private readonly turns: number,
    private readonly startedAt: number,
  ) {}

  startTurn(run: number, turn: number): void {
    this.run = run;
    this.turn = turn;
    this.characters = 0;
    this.firstAt = undefined;
  }

  /** Counts a piece of text. What came with the first piece was made before it, in a time that is not known. */
  addText(text: string, now: number): void {
    if (this.firstAt === undefined) {
      this.firstAt = now;
      return;
    }
    this.characters += text.length;
    const elapsedMs = now - this.firstAt;
    if (elapsedMs >= MIN_MEASURED_MS) {
      this.tokensPerSecond = Math.round((this.characters / CHARACTERS_PER_TOKEN / elapsedMs) * 1000);
    }
  }

  text(now: number): string {
    return [
      `run ${this.run}/${this.runs}`,
      `turn ${this.turn}/${this.turns}`,
      `${this.tokensPerSecond === undefined ? '–' : `~${this.tokensPerSecond}`} tokens/s`,
      clock(now - this.startedAt),
    ].join(' · ');
  }
}

/** Minutes and seconds. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
