/** Turns of which less says nothing yet. */
const LEAST_TURNS = 3;

/** The pace is that of these latest turns, and of all that ended in the latest minutes, as far as they are kept. */
const LATEST_TURNS = 50;
const LATEST_MS = 5 * 60_000;
const KEPT_TURNS = 1_000;

/**
 * How fast an experiment takes its turns of late, whoever shares the models with it meanwhile. All times are milliseconds of
 * one clock.
 */
export class TurnPace {
  /** When the turns that count ended. */
  private readonly ends: number[] = [];

  /** @param sinceMs when the first of the turns that count began */
  constructor(private sinceMs: number) {}

  onTurn(nowMs: number): void {
    this.ends.push(nowMs);
    while (this.ends.length > LATEST_TURNS && this.mayForget(nowMs)) {
      this.sinceMs = this.ends.shift() ?? nowMs;
    }
  }

  /** Milliseconds until so many more turns have ended, at this pace; null while there are too few to tell. */
  msFor(turns: number, nowMs: number): number | null {
    const last = this.ends.at(-1);
    if (last === undefined || this.ends.length < LEAST_TURNS) {
      return null;
    }
    const msPerTurn = (last - this.sinceMs) / this.ends.length;
    if (nowMs - last <= msPerTurn) {
      return turns * msPerTurn - (nowMs - last);
    }
    // The next turn is overdue: at best it ends just now, and slows the pace down.
    return (turns - 1) * ((nowMs - this.sinceMs) / (this.ends.length + 1));
  }

  private mayForget(nowMs: number): boolean {
    const [first = nowMs] = this.ends;
    return first < nowMs - LATEST_MS || this.ends.length > KEPT_TURNS;
  }
}
