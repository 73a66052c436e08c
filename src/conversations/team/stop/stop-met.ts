import { type StopLeaf, type StopRule } from '../definition/stop-rule';
import { type StopMet } from '../end-reason';
import { type TurnRecord } from '../turn-record';
import { handedOver, toolCalled } from './acts';
import { agreed } from './agreement';
import { type Clock, type Met } from './met';
import { repeated } from './repetition';
import { patternSaid, sourceSpoke, textSaid } from './said';
import { timeSpent, tokensSpent } from './spent';
import { stalled } from './stall';
import { messageLimit, turnLimit } from './turn-limits';

type LeafOf<T extends StopLeaf['type']> = Extract<StopLeaf, { type: T }>;

/** The rule for each leaf: a fold over the turns so far that finds the earliest turn with which it holds. */
type LeafFolds = {
  readonly [T in StopLeaf['type']]: (rule: LeafOf<T>, records: readonly TurnRecord[], clock: Clock) => Met;
};

const FOLDS: LeafFolds = {
  max_turns: turnLimit,
  max_messages: messageLimit,
  text: textSaid,
  pattern: patternSaid,
  tokens: tokensSpent,
  active_seconds: timeSpent,
  handoff: handedOver,
  source: sourceSpoke,
  tool: toolCalled,
  agreement: agreed,
  repetition: repeated,
  stall: stalled,
};

const OUTERMOST: Clock = { startMs: 0 };

/**
 * Which rule holds after these turns, or null. Of several in `any` the one counts that came to hold first; at the same turn
 * the first in the list. A rule that once held, holds: so `all` needs no memory.
 * @param pointer where the rule stands in the request
 */
export function stopMet(
  rule: StopRule,
  records: readonly TurnRecord[],
  pointer: string,
  clock = OUTERMOST,
): StopMet | null {
  if ('any' in rule) {
    const met = rule.any.map((part, index) => stopMet(part, records, `${pointer}/any/${index}`, clock));
    return met.reduce(
      (first, next) => (next !== null && (first === null || next.turn < first.turn) ? next : first),
      null,
    );
  }
  if ('all' in rule) {
    const met = rule.all.map((part, index) => stopMet(part, records, `${pointer}/all/${index}`, clock));
    return met.includes(null)
      ? null
      : { type: 'all', turn: Math.max(...met.map((part) => part?.turn ?? 0)), rule: pointer };
  }
  const met = leafMet(rule, records, clock);
  return met && { type: rule.type, rule: pointer, ...met };
}

function leafMet<T extends StopLeaf['type']>(
  rule: LeafOf<T>,
  records: readonly TurnRecord[],
  clock: Clock,
): Met {
  return FOLDS[rule.type](rule, records, clock);
}
