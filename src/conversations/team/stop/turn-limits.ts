import { type MaxMessagesRule, type MaxTurnsRule, type StopRule } from '../definition/stop-rule';
import { type TurnRecord } from '../turn-record';
import { type Met } from './met';

/** Whether a turn counts as one where turns are counted: votes and a magentic manager's own turns do not. */
export function isCounted({ kind }: Pick<TurnRecord, 'kind'>): boolean {
  return kind === 'reply' || kind === 'skip';
}

export function turnLimit({ turns }: MaxTurnsRule, records: readonly TurnRecord[]): Met {
  const last = records.filter(isCounted)[turns - 1];
  return last ? { turn: last.turn } : null;
}

export function messageLimit({ messages }: MaxMessagesRule, records: readonly TurnRecord[]): Met {
  const last = records.filter(({ state }) => state === 'completed')[messages - 1];
  return last ? { turn: last.turn } : null;
}

/** How many turns may be taken before a rule about their number alone ends the team; a step of several is cut to it. */
export function turnsLeft(rule: StopRule, records: readonly TurnRecord[]): number {
  if ('any' in rule) {
    return Math.min(...rule.any.map((part) => turnsLeft(part, records)));
  }
  if ('all' in rule || rule.type !== 'max_turns') {
    return Infinity;
  }
  return rule.turns - records.filter(isCounted).length;
}

/** A step without the turns for which none are left; what does not count is never cut off. */
export function withinTurnsLeft<T extends { readonly task: Pick<TurnRecord, 'kind'> }>(
  step: readonly T[],
  left: number,
): T[] {
  let counted = 0;
  return step.filter(({ task }) => !isCounted(task) || (counted += 1) <= left);
}
