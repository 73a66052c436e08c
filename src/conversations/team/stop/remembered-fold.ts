import { type TurnRecord } from '../turn-record';

/**
 * A fold over turns that remembers its states, so that a check after every turn works on the new turn only. What is remembered
 * hangs on the very rule and the very records in their order: other records are folded anew, and nothing outlives them.
 */
export class RememberedFold<Rule extends object, State> {
  private readonly starts = new WeakMap<Rule, Folded<State>>();

  /** @param step the state after `records[index]` */
  constructor(
    private readonly start: State,
    private readonly step: (rule: Rule, state: State, records: readonly TurnRecord[], index: number) => State,
  ) {}

  /** The state after these turns. */
  after(rule: Rule, records: readonly TurnRecord[]): State {
    let folded = this.starts.get(rule) ?? newFolded(this.start);
    this.starts.set(rule, folded);
    for (const [index, record] of records.entries()) {
      const next: Folded<State> =
        folded.followed.get(record) ?? newFolded(this.step(rule, folded.state, records, index));
      folded.followed.set(record, next);
      folded = next;
    }
    return folded.state;
  }
}

interface Folded<State> {
  readonly state: State;
  /** By the turn that came next. */
  readonly followed: WeakMap<TurnRecord, Folded<State>>;
}

function newFolded<State>(state: State): Folded<State> {
  return { state, followed: new WeakMap() };
}
