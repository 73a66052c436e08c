import { type StopLeaf, type StopRule } from '../definition/stop-rule';
import { type StopMet } from '../end-reason';
import { type TurnRecord } from '../turn-record';
import { turnLimit } from './turn-limits';
import { textSaid } from './said';

/** When a leaf came to hold: the turn, and what was met. Null = it does not hold. */
export type Met = { readonly turn: number; readonly detail?: string } | null;

/** The rule for each leaf: a fold over the turns so far. */
type LeafFolds = {
  readonly [T in StopLeaf['type']]?: (
    rule: Extract<StopLeaf, { type: T }>,
    records: readonly TurnRecord[],
  ) => Met;
};

const FOLDS: LeafFolds = {
  max_turns: turnLimit,
  text: textSaid,
};

/**
 * Which rule holds after these turns, or null. Of several in `any` the one counts that came to hold first; at the same turn
 * the first in the list. A rule that once held, holds: so `all` needs no memory.
 * @param pointer where the rule stands in the request
 */
export function stopMet(rule: StopRule, records: readonly TurnRecord[], pointer: string): StopMet | null {
  if ('any' in rule) {
    const met = rule.any.map((part, index) => stopMet(part, records, `${pointer}/any/${index}`));
    return met.reduce(
      (first, next) => (next !== null && (first === null || next.turn < first.turn) ? next : first),
      null,
    );
  }
  if ('all' in rule) {
    const met = rule.all.map((part, index) => stopMet(part, records, `${pointer}/all/${index}`));
    return met.includes(null)
      ? null
      : { type: 'all', turn: Math.max(...met.map((part) => part?.turn ?? 0)), rule: pointer };
  }
  const met = leafMet(rule, records);
  return (
    met && {
      type: rule.type,
      turn: met.turn,
      rule: pointer,
      ...(met.detail === undefined ? {} : { detail: met.detail }),
    }
  );
}

function leafMet<T extends StopLeaf['type']>(
  rule: Extract<StopLeaf, { type: T }>,
  records: readonly TurnRecord[],
): Met {
  const fold = FOLDS[rule.type as T];
  if (!fold) {
    throw new Error(`The rule ${rule.type} is not known.`);
  }
  return fold(rule, records);
}
