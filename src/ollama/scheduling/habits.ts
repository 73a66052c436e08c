import { RecentMap } from '../../common/recent-map';

/** Weight of the latest turn beside those before it. */
const NEW_WEIGHT = 0.3;

/** Users that are remembered. */
const MAX_USERS = 1_000;

/** Whether the conversations of a user mostly come back with the model that they had: agents with a model each do not. */
export class Habits {
  private readonly shares = new RecentMap<string, number>(MAX_USERS);

  comesBack(user: string): boolean {
    return (this.shares.get(user) ?? 1) > 0.5;
  }

  /** The next call of a conversation has come, with the same model as the one before or not. */
  learn(user: string, sameModel: boolean): void {
    const before = this.shares.get(user) ?? 1;
    this.shares.set(user, before + NEW_WEIGHT * (Number(sameModel) - before));
  }
}
