import { unlessAborted } from '../ollama/abort-reason';
import { PullError, retryOf } from '../ollama/pull-error';
import { type PullLine } from '../ollama/pull-line';
import { type PullOptions } from '../ollama/pull-stream';
import { ProgressMeter, type Step } from './progress/progress-meter';
import { type StallLimits, StallWatch } from './progress/stall-watch';
import { type PullProgress } from './pull-progress';

export interface PullJobOptions {
  readonly model: string;
  /** What clients have seen of this pull before. */
  readonly shown: PullProgress | null;
  readonly pull: (model: string, options: PullOptions) => Promise<void>;
  readonly connectMs: number;
  readonly limits: StallLimits;
  /** Further tries, and milliseconds before the first of them; doubled for each one. */
  readonly retries: number;
  readonly backoffMs: number;
  /** Called after each line. */
  readonly onStep: (step: Step) => void;
  /** Called before each further try. */
  readonly onRetry: (error: unknown, retry: number) => void | Promise<void>;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

/** Milliseconds after which the end of a cancelled pull is over. */
const AFTER_CANCEL_MS = 250;

/** One pull at work: its tries, its clocks, and how far it is. */
export class PullJob {
  readonly meter: ProgressMeter;
  private readonly cancelling = new AbortController();
  private readonly now: () => number;

  constructor(private readonly options: PullJobOptions) {
    this.now = options.now ?? (() => performance.now());
    this.meter = new ProgressMeter(options.shown, this.now);
  }

  get isCancelled(): boolean {
    return this.cancelling.signal.aborted;
  }

  /** Closes the connection to Ollama at once. */
  cancel(): void {
    this.cancelling.abort(new Error('the pull is cancelled'));
  }

  /**
   * Pulls until the model is there.
   * @throws PullError or ModelCallError of the last try; the reason of the cancel
   */
  async run(): Promise<void> {
    const { signal } = this.cancelling;
    const { retries, backoffMs, onRetry } = this.options;
    let metCancelled = false;
    for (let retry = 0; ;) {
      try {
        await this.attempt(signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        const kind = retryOf(error);
        if (kind === 'once' && !metCancelled) {
          metCancelled = true;
          await pause(AFTER_CANCEL_MS, signal);
        } else if (kind === 'again' && retry < retries) {
          retry += 1;
          await onRetry(error, retry);
          await pause(backoffMs * 2 ** (retry - 1), signal);
        } else {
          throw error;
        }
      }
    }
  }

  private async attempt(cancelled: AbortSignal): Promise<void> {
    const { model, pull, connectMs, limits, onStep } = this.options;
    const watch = new StallWatch(limits, this.now);
    const stalling = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const arm = () => {
      clearTimeout(timer);
      timer = setTimeout(ring, Math.max(1, Math.ceil(watch.leftMs())));
    };
    const ring = () => (watch.leftMs() > 0 ? arm() : stalling.abort(stalled(limits)));
    const onLine = (line: PullLine) => {
      const step = this.meter.take(line);
      if (watch.note(step)) {
        arm();
      }
      onStep(step);
    };
    arm();
    try {
      await pull(model, { signal: AbortSignal.any([cancelled, stalling.signal]), onLine, connectMs });
    } finally {
      clearTimeout(timer);
    }
  }
}

function stalled({ staleMs, verifyMs }: StallLimits): PullError {
  return new PullError(
    'PULL_STALLED',
    `The pull stalled: no byte moved for ${staleMs / 1000} s (PULL_STALE_SECONDS), or verifying took longer than ` +
      `${verifyMs / 1000} s (PULL_VERIFY_SECONDS).`,
  );
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await unlessAborted(over, signal).finally(() => clearTimeout(timer));
}
