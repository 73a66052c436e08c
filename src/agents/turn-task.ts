/** What an agent is to do in a turn. */
export interface TurnTask {
  /** `ballot` = it votes; `plan`, `final` = it plans as the manager of a team, or has the last word. */
  readonly kind: 'reply' | 'ballot' | 'plan' | 'final';
  /** Said to the agent after what was said before; not part of the transcript. */
  readonly instruction?: string;
  /** To whom it may hand over; `user` may be among them. */
  readonly handoffs?: { readonly targets: readonly string[]; readonly by: 'auto' | 'tool' | 'json' };
  /** What it votes on. The answer is JSON; the message is written from the vote. */
  readonly ballot?: BallotTask;
}

export interface BallotTask {
  readonly options: readonly string[];
  /** Whether all options are to be put in order; else one is chosen. */
  readonly isRanked: boolean;
  readonly mayAbstain: boolean;
}

/** The vote of a ballot turn, as `parsed` holds it. */
export interface Ballot {
  /** The options from the most preferred; empty = abstained, or nothing could be read. */
  readonly ranking: readonly string[];
}

/** How often an agent is asked for its vote before it abstains. */
export const BALLOT_ATTEMPTS = 3;

/** How often an agent is asked by JSON to whom it hands over before it counts as to nobody; an unknown target is answered once (decision 18). */
export const HANDOFF_ATTEMPTS = 3;
