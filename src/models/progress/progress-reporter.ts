import { ProgressThrottle } from './progress-throttle';

export interface ReporterOptions {
  readonly intervalMs: number;
  readonly percentDelta: number;
  /** Stores and tells what is current by then. */
  readonly report: () => Promise<void>;
  readonly now: () => number;
}

/**
 * Reports progress at its throttled pace. One report is under way at most, whatever comes meanwhile, and what came
 * last is reported too: Ollama says `verifying` once and is silent for minutes.
 */
export class ProgressReporter {
  private readonly throttle: ProgressThrottle;
  private timer: NodeJS.Timeout | undefined;
  private percent = 0;
  private isReporting = false;
  private isPending = false;
  private isStopped = false;

  constructor(private readonly options: ReporterOptions) {
    this.throttle = new ProgressThrottle(options.intervalMs, options.percentDelta, options.now);
  }

  /** Notes that there is something new. */
  note(percent: number): void {
    this.percent = percent;
    this.isPending = true;
    this.plan();
  }

  /** Reports nothing more. */
  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private plan(): void {
    clearTimeout(this.timer);
    if (!this.isPending || this.isReporting || this.isStopped) {
      return;
    }
    const waitMs = this.throttle.waitMs(this.percent);
    if (waitMs === 0) {
      void this.report();
    } else {
      this.timer = setTimeout(() => this.plan(), Math.ceil(waitMs));
    }
  }

  private async report(): Promise<void> {
    this.isPending = false;
    this.isReporting = true;
    this.throttle.told(this.percent);
    try {
      await this.options.report();
    } finally {
      this.isReporting = false;
      this.plan();
    }
  }
}
