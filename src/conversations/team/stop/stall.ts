import { type StallRule } from '../definition/stop-rule';
import { type TurnRecord } from '../turn-record';
import { type Met } from './met';
import { RememberedFold } from './remembered-fold';
import { isAlike, type Terms, termsOf } from './similarity';
import { isCounted } from './turn-limits';

/** Earlier messages that a new one is compared with, from the latest. */
const MAX_COMPARED = 1_000;

interface Talk {
  /** Turns without anything new up to now. */
  readonly inARow: number;
  readonly met: Met;
}

export function stalled(rule: StallRule, records: readonly TurnRecord[]): Met {
  return talks.after(rule, records.filter(isCounted)).met;
}

const talks = new RememberedFold<StallRule, Talk>({ inARow: 0, met: null }, (rule, talk, records, index) => {
  const record = records[index];
  if (talk.met || !record) {
    return talk;
  }
  const inARow = isNew(record, records.slice(0, index), rule) ? 0 : talk.inARow + 1;
  return { inARow, met: inARow >= rule.turns ? { turn: record.turn } : null };
});

function isNew(record: TurnRecord, before: readonly TurnRecord[], { similarity }: StallRule): boolean {
  if (record.state !== 'completed') {
    return false;
  }
  const earlier = before.filter(({ state }) => state === 'completed').slice(-MAX_COMPARED);
  const own = termsSaid(record);
  return !earlier.some((other) => isAlike(own, termsSaid(other), similarity));
}

const termsByRecord = new WeakMap<TurnRecord, Terms>();

function termsSaid(record: TurnRecord): Terms {
  const terms = termsByRecord.get(record) ?? termsOf(record.text);
  termsByRecord.set(record, terms);
  return terms;
}
