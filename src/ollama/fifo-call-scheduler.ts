import { CallScheduler, type ScheduledCall } from './call-scheduler';
import { type OllamaServer } from './ollama-servers';

/** First in, first out, with a fixed number of calls in flight at one server. */
export class FifoCallScheduler extends CallScheduler {
  private readonly waiting = new Set<() => void>();
  private inFlight = 0;

  constructor(
    private readonly server: OllamaServer,
    private readonly slots: number,
  ) {
    super();
  }

  async run<T>({ signal }: ScheduledCall, work: (server: OllamaServer) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const hasSlot = await this.waitForSlot(signal);
    try {
      // Aborted while it waited, or in the moment when its turn came.
      signal.throwIfAborted();
      return await work(this.server);
    } finally {
      if (hasSlot) {
        this.inFlight -= 1;
        this.startNext();
      }
    }
  }

  conversationsFor(): number {
    return 1;
  }

  loadedAmong(): null {
    return null;
  }

  waitedMs(): number {
    return 0;
  }

  forget(): void {
    return;
  }

  /** Whether a slot was taken: not when the signal was aborted before. */
  private waitForSlot(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const start = () => {
        signal.removeEventListener('abort', leave);
        this.inFlight += 1;
        resolve(true);
      };
      const leave = () => {
        this.waiting.delete(start);
        resolve(false);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.add(start);
      this.startNext();
    });
  }

  private startNext(): void {
    if (this.inFlight < this.slots) {
      const [next] = this.waiting;
      if (next) {
        this.waiting.delete(next);
        next();
      }
    }
  }
}
