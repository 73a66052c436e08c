import { RecentMap } from '../../common/recent-map';

/** Users and models that are remembered: clients may ask for any name. */
const MAX_REMEMBERED = 1_000;

/** Loads of models that were made, and those that the same calls would have taken with each conversation made alone. */
export class LoadCounts {
  made = 0;
  private alone = 0;
  private readonly madeOf = new RecentMap<string, number>(MAX_REMEMBERED);
  /** Model of the last call of each conversation, and of each user. */
  private readonly ofConversations = new Map<string, string>();
  private readonly ofUsers = new RecentMap<string, string>(MAX_REMEMBERED);

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
    const before =
      (conversation === null ? undefined : this.ofConversations.get(conversation)) ?? this.ofUsers.get(user);
    if (before === undefined || (before !== model && !fits([before, model]))) {
      this.alone += 1;
    }
    if (conversation !== null) {
      this.ofConversations.set(conversation, model);
    }
    this.ofUsers.set(user, model);
  }

  /** A conversation is over. */
  forget(conversation: string): void {
    this.ofConversations.delete(conversation);
  }
}
