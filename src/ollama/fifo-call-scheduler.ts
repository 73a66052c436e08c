import { CallScheduler, type ScheduledCall } from './call-scheduler';

/** First in, first out, with a fixed number of calls in flight. */
export class FifoCallScheduler extends CallScheduler {
  private readonly waiting = new Set<() => void>();
  private inFlight = 0;

  constructor(private readonly slots: number) {
    super();
  }

  async run<T>({ signal }: ScheduledCall, work: () => Promise<T>): Promise<T> {
    await this.takeSlot(signal);
    try {
      return await work();
    } finally {
      this.inFlight -= 1;
      this.startNext();
    }
  }

  private takeSlot(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const start = () => {
        signal.removeEventListener('abort', leave);
        this.inFlight += 1;
        resolve();
      };
      const leave = () => {
        this.waiting.delete(start);
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
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
