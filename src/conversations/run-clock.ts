/**
 * Active time of a run: what passes while its experiment is worked on, without the time that the run waits for a slot of a model
 * server, since others are at work then. It goes on from what earlier work took.
 */
export class RunClock {
  private readonly startMs: number;
  private readonly waitedAtStartMs: number;

  /**
   * @param beforeMs active milliseconds of earlier work
   * @param passedMs active milliseconds of the experiment
   * @param waitedMs milliseconds that the run has waited for slots
   */
  constructor(
    private readonly beforeMs: number,
    private readonly passedMs: () => number,
    private readonly waitedMs: () => number,
  ) {
    this.startMs = passedMs();
    this.waitedAtStartMs = waitedMs();
  }

  /** Active milliseconds so far. */
  ms(): number {
    const waitedMs = this.waitedMs() - this.waitedAtStartMs;
    // The two clocks are rounded apart: their difference must not fall below nothing.
    return this.beforeMs + Math.max(0, Math.round(this.passedMs() - this.startMs - waitedMs));
  }
}
