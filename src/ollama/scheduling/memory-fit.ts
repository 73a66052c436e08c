/**
 * Which models fit into the memory of a server together. Ollama does not say how much there is, so it is learned: the most that
 * was seen loaded side by side fits; what pushed another model out did not. What was seen last counts.
 */
export class MemoryFit {
  /** Bytes of each model when it was loaded. */
  private readonly sizes = new Map<string, number>();
  /** The most bytes that were seen loaded at once by several models. */
  private fitting = 0;

  /** Bytes that a model takes; undefined = it was not seen. */
  sizeOf(model: string): number | undefined {
    return this.sizes.get(model);
  }

  /** What is loaded now, with its bytes. */
  saw(loaded: ReadonlyMap<string, number | null>): void {
    for (const [model, size] of loaded) {
      if (size !== null) {
        this.sizes.set(model, size);
      }
    }
    const total = this.total(loaded.keys());
    if (loaded.size > 1 && total !== null) {
      this.fitting = Math.max(this.fitting, total);
    }
  }

  /** Loading a model pushed one of these out. */
  sawEviction(model: string, before: Iterable<string>): void {
    const total = this.total(new Set([model, ...before]));
    if (total !== null && total <= this.fitting) {
      this.fitting = total - 1;
    }
  }

  /** Whether these are known to fit together. */
  fits(models: Iterable<string>): boolean {
    const distinct = new Set(models);
    if (distinct.size <= 1) {
      return true;
    }
    const total = this.total(distinct);
    return total !== null && total <= this.fitting;
  }

  private total(models: Iterable<string>): number | null {
    let total = 0;
    for (const model of models) {
      const size = this.sizes.get(model);
      if (size === undefined) {
        return null;
      }
      total += size;
    }
    return total;
  }
}
