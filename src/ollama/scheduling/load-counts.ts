/** Loads of models that were made, and those that the same calls would have taken with each conversation made alone. */
export class LoadCounts {
  made = 0;
  private alone = 0;
  private readonly madeOf = new Map<string, number>();
  /** Model of the last call of each conversation, and of each user. */
  private readonly lastModels = new Map<string, string>();

  /** Loads that were not needed; below 0 never, however many were lost to others. */
  get saved(): number {
    return Math.max(this.alone - this.made, 0);
  }

  of(model: string): number {
    return this.madeOf.get(model) ?? 0;
  }

  /** A model was loaded for a call. */
  count(model: string): void {
    this.made += 1;
    this.madeOf.set(model, this.of(model) + 1);
  }

  /**
   * A call has begun.
   * @param fits whether two models are known to fit into memory together
   */
  begin(
    {
      model,
      user,
      conversation,
    }: { readonly model: string; readonly user: string; readonly conversation: string | null },
    fits: (models: readonly string[]) => boolean,
  ): void {
    const keys = [`user ${user}`, ...(conversation === null ? [] : [`conversation ${conversation}`])];
    const before = keys.map((key) => this.lastModels.get(key)).findLast((last) => last !== undefined);
    if (before === undefined || (before !== model && !fits([before, model]))) {
      this.alone += 1;
    }
    keys.forEach((key) => this.lastModels.set(key, model));
  }

  /** A conversation is over. */
  forget(conversation: string): void {
    this.lastModels.delete(`conversation ${conversation}`);
  }
}
