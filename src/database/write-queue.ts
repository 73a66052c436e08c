/** Runs units of work one after the other, in the order in which they came. One that fails does not stop the next. */
export class WriteQueue {
  private tail: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.tail.then(work);
    this.tail = result.catch(() => undefined);
    return result;
  }

  /** Resolves when all work that was queued so far has ended. */
  async idle(): Promise<void> {
    await this.tail;
  }
}
