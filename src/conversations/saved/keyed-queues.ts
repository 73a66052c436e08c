import { WriteQueue } from '../../database/write-queue';

/** Runs work on the same key one after the other; work on different keys runs side by side. */
export class KeyedQueues {
  private readonly queues = new Map<string, { readonly queue: WriteQueue; pending: number }>();

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const entry = this.queues.get(key) ?? { queue: new WriteQueue(), pending: 0 };
    this.queues.set(key, entry);
    entry.pending += 1;
    try {
      return await entry.queue.run(work);
    } finally {
      entry.pending -= 1;
      if (entry.pending === 0) {
        this.queues.delete(key);
      }
    }
  }
}
