import { type MaxTurnsRule, type StopRule } from '../definition/stop-rule';
import { type TurnRecord } from '../turn-record';
import { type Met } from './stop-met';

/** Whether a turn counts for `max_turns`: votes and a magentic manager's own turns do not. */
function counts({ kind }: Pick<TurnRecord, 'kind'>): boolean {
  return kind === 'reply' || kind === 'skip';
}

export function turnLimit({ turns }: MaxTurnsRule, records: readonly TurnRecord[]): Met {
  const counted = records.filter(counts);
  const last = counted[turns - 1];
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
  return rule.turns - records.filter(counts).length;
}

/** A step without the turns for which none are left; what does not count is never cut off. */
export function withinTurnsLeft<T extends { readonly task: Pick<TurnRecord, 'kind'> }>(
  step: readonly T[],
  left: number,
): T[] {
  let counted = 0;
  return step.filter(({ task }) => !counts(task) || (counted += 1) <= left);
}
