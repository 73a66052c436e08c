/** Work that goes on side by side, for one who deals with the results one after the other. */
export class SideBySide<T> {
  private readonly ended: (() => T)[] = [];
  private count = 0;
  private isToldToLook = false;
  private wake: () => void = () => undefined;

  /** Number of works whose result has not been given yet. */
  get size(): number {
    return this.count;
  }

  add(work: Promise<T>): void {
    this.count += 1;
    const end = (result: () => T) => {
      this.ended.push(result);
      this.wake();
    };
    work.then(
      (value) => end(() => value),
      (error: unknown) =>
        end(() => {
          throw error;
        }),
    );
  }

  /** Wakes the one who waits for a result, since there may be something else to do. */
  lookAgain(): void {
    this.isToldToLook = true;
    this.wake();
  }

  /**
   * Waits for the next result.
   * @returns null when it is time to look again
   * @throws what the work has thrown
   */
  async next(): Promise<T | null> {
    while (this.ended.length === 0 && !this.isToldToLook) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    this.isToldToLook = false;
    const result = this.ended.shift();
    if (result === undefined) {
      return null;
    }
    this.count -= 1;
    return result();
  }

  /** Resolves when all work has ended, whatever became of it. */
  async idle(): Promise<void> {
    while (this.count > 0) {
      await this.next().catch(() => undefined);
    }
  }
}
