import { type PauseReason } from './experiment-state';

/** Reasons that pass when Ollama has time again. */
export const OLLAMA_REASONS = ['ollama_away', 'ollama_busy'] as const satisfies readonly PauseReason[];

export type OllamaReason = (typeof OLLAMA_REASONS)[number];

/** How long an experiment rests at least after a pause; longer each time when it comes to nothing. */
const FIRST_REST_MS: Readonly<Record<OllamaReason, number>> = { ollama_away: 0, ollama_busy: 10_000 };
const SHORTEST_REST_MS = 5_000;
const LONGEST_REST_MS = 300_000;

interface RestingExperiment {
  readonly reason: OllamaReason;
  /** Monotonic milliseconds. */
  readonly notBefore: number;
}

/**
 * Knows which experiments wait for Ollama and when each may go on. One that pauses again without having got anywhere
 * rests longer each time, unless Ollama was seen to be away in between: an Ollama that answers, but not for this model,
 * must not be asked for ever at full pace. Plain: the time comes from outside.
 */
export class ReturnWatch {
  private readonly resting = new Map<string, RestingExperiment>();
  /** Pauses in a row, by experiment. */
  private readonly pauses = new Map<string, number>();

  get isEmpty(): boolean {
    return this.resting.size === 0;
  }

  add(experimentId: string, reason: OllamaReason, now: number): void {
    const before = this.pauses.get(experimentId) ?? 0;
    this.pauses.set(experimentId, before + 1);
    const rest = before === 0 ? FIRST_REST_MS[reason] : SHORTEST_REST_MS * 2 ** (before - 1);
    const ms = Math.min(Math.max(rest, FIRST_REST_MS[reason]), LONGEST_REST_MS);
    this.resting.set(experimentId, { reason, notBefore: now + ms });
  }

  /** Ollama does not answer: when it does again, everything may go on at once. */
  away(): void {
    this.pauses.clear();
    for (const [id, { reason }] of this.resting) {
      this.resting.set(id, { reason, notBefore: 0 });
    }
  }

  /** Takes out those that may go on, now that Ollama answers. */
  takeReady(now: number): string[] {
    const ready = [...this.resting].filter(([, { notBefore }]) => notBefore <= now).map(([id]) => id);
    ready.forEach((id) => this.resting.delete(id));
    return ready;
  }

  /** The experiment got somewhere, or is over. */
  forget(experimentId: string): void {
    this.pauses.delete(experimentId);
    this.resting.delete(experimentId);
  }
}
