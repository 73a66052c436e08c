/** Waits for things to happen; tests never wait for time to pass. */
export class EventLog<T> {
  readonly all: T[] = [];
  private readonly waiting = new Set<() => void>();

  push(item: T): void {
    this.all.push(item);
    for (const look of this.waiting) {
      look();
    }
  }

  /** The first item, past or future, that fits. Fails after `timeoutMs` with what came instead. */
  waitFor(fits: (item: T) => boolean, what = 'an item', timeoutMs = 30_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(look);
        const last = JSON.stringify(this.all.slice(-3)).slice(0, 1_500);
        reject(
          new Error(`${what} did not come within ${timeoutMs} ms; ${this.all.length} came, at last ${last}`),
        );
      }, timeoutMs);
      const look = () => {
        const found = this.all.find(fits);
        if (found !== undefined) {
          clearTimeout(timer);
          this.waiting.delete(look);
          resolve(found);
        }
      };
      this.waiting.add(look);
      look();
    });
  }
}
