/** Counts the active time of an experiment, which goes on from what earlier activity took. Monotonic: no clock change moves it. */
export class ActiveClock {
  private readonly startedAt = performance.now();

  constructor(private readonly beforeMs: number) {}

  /** Active milliseconds so far. */
  ms(): number {
    return this.beforeMs + Math.round(performance.now() - this.startedAt);
  }
}
