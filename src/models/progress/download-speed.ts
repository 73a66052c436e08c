/** Shorter samples say more about the buffers on the way than about the line. */
const SAMPLE_MS = 250;

/** A change of speed shows to two thirds after this time. */
const SMOOTHING_MS = 5_000;

/** Bytes per second, smoothed. */
export class DownloadSpeed {
  private bytes = 0;
  private sampledAt: number;
  private value: number | null = null;

  constructor(private readonly now: () => number) {
    this.sampledAt = now();
  }

  /** Counts bytes that have come; 0 tells that time passed without any. */
  add(bytes: number): void {
    this.bytes += bytes;
    const passed = this.now() - this.sampledAt;
    if (passed < SAMPLE_MS) {
      return;
    }
    const sample = (this.bytes / passed) * 1000;
    const weight = 1 - Math.exp(-passed / SMOOTHING_MS);
    this.value = this.value === null ? sample : this.value + weight * (sample - this.value);
    this.restart();
  }

  /** Begins a new sample without looking at the time that has passed. */
  restart(): void {
    this.bytes = 0;
    this.sampledAt = this.now();
  }

  /** Null before the first sample is complete. */
  get bytesPerSecond(): number | null {
    return this.value;
  }
}
