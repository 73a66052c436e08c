/**
 * When progress is told (wire-contract §9.3): the first at once, then when enough time has passed since the last, or
 * the percentage has moved far enough.
 */
export class ProgressThrottle {
  private toldAt = -Infinity;
  private toldPercent = 0;

  constructor(
    private readonly intervalMs: number,
    private readonly percentDelta: number,
    private readonly now: () => number,
  ) {}

  /** Milliseconds until this percentage is to be told; 0 = now. */
  waitMs(percent: number): number {
    const isFar = this.toldAt > -Infinity && Math.abs(percent - this.toldPercent) >= this.percentDelta;
    return isFar ? 0 : Math.max(0, this.toldAt + this.intervalMs - this.now());
  }

  told(percent: number): void {
    this.toldAt = this.now();
    this.toldPercent = percent;
  }
}
