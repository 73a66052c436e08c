import { DomainError } from '../common/errors/domain-error';
import { unlessAborted } from '../ollama/abort-reason';
import { PullError, retryOf } from '../ollama/pull-error';
import { type PullLine } from '../ollama/pull-line';
import { type PullOptions } from '../ollama/pull-stream';
import { ProgressMeter, type Step } from './progress/progress-meter';
import { type StallLimits, StallWatch } from './progress/stall-watch';
import { type PullProgress } from './pull-progress';

export interface PullJobOptions {
  readonly model: string;
  /** Addresses of the servers to pull to, one after the other. */
  readonly servers: readonly string[];
  /** What clients have seen of this pull before. */
  readonly shown: PullProgress | null;
  readonly pull: (model: string, server: string, options: PullOptions) => Promise<void>;
  readonly connectMs: number;
  readonly limits: StallLimits;
  /** Further tries on each server, and milliseconds before the first of them; doubled for each one. */
  readonly retries: number;
  readonly backoffMs: number;
  /** Called after each line. */
  readonly onStep: (step: Step, server: string) => void;
  /** Called before each further try. */
  readonly onRetry: (error: unknown, retry: number, server: string) => void | Promise<void>;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

/** Milliseconds after which the end of a cancelled pull is over. */
const AFTER_CANCEL_MS = 250;

/** One pull at work: its servers, its tries, its clocks, and how far it is. */
export class PullJob {
  readonly meter: ProgressMeter;
  private readonly cancelling = new AbortController();
  private readonly now: () => number;

  constructor(private readonly options: PullJobOptions) {
    this.now = options.now ?? (() => performance.now());
    this.meter = new ProgressMeter(options.shown, options.servers.length, this.now);
  }

  get isCancelled(): boolean {
    return this.cancelling.signal.aborted;
  }

  /** Closes the connection to Ollama at once. */
  cancel(): void {
    this.cancelling.abort(new Error('the pull is cancelled'));
  }

  /**
   * Pulls until the model is on all servers. One that fails does not keep the model from the next ones.
   * @throws PullError or ModelCallError of the last try; the reason of the cancel
   */
  async run(): Promise<void> {
    const failures = new Map<string, DomainError>();
    for (const server of this.options.servers) {
      try {
        await this.pullTo(server);
        this.meter.leaveServer(true);
      } catch (error) {
        if (this.isCancelled || !(error instanceof DomainError)) {
          throw error;
        }
        failures.set(server, error);
        this.meter.leaveServer(false);
      }
    }
    const [first] = failures.values();
    if (first) {
      throw this.options.servers.length === 1 ? first : joined(first, failures);
    }
  }

  private async pullTo(server: string): Promise<void> {
    const { signal } = this.cancelling;
    const { retries, backoffMs, onRetry } = this.options;
    let metCancelled = false;
    for (let retry = 0; ;) {
      try {
        await this.attempt(server, signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        const kind = retryOf(error);
        if (kind === 'once' && !metCancelled) {
          metCancelled = true;
          await pause(AFTER_CANCEL_MS, signal);
        } else if (kind === 'again' && retry < retries) {
          retry += 1;
          await onRetry(error, retry, server);
          await pause(backoffMs * 2 ** (retry - 1), signal);
        } else {
          throw error;
        }
      }
    }
  }

  private async attempt(server: string, cancelled: AbortSignal): Promise<void> {
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
      onStep(step, server);
    };
    arm();
    try {
      const signal = AbortSignal.any([cancelled, stalling.signal]);
      await pull(model, server, { signal, onLine, connectMs });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The failure of a pull to several servers: the code of the first one that failed, and what each of them said. */
function joined(first: DomainError, failures: ReadonlyMap<string, DomainError>): DomainError {
  const reasons = [...failures].map(([server, { message }]) => `Not pulled to ${server}: ${message}`);
  return new DomainError(first.code, reasons.join('\n'));
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
