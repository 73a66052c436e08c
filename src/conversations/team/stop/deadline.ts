import { type StopRule } from '../definition/stop-rule';
import { type TurnRecord } from '../turn-record';
import { limitMs } from './spent';
import { stopMet } from './stop-met';

/**
 * Active milliseconds of the run at which a rule of the outermost level comes to hold though no further turn ends: a turn in
 * progress is broken off then. Infinity = time alone does not meet it, 0 = it holds already.
 */
export function deadline(rule: StopRule, records: readonly TurnRecord[]): number {
  if ('any' in rule) {
    return Math.min(...rule.any.map((part) => deadline(part, records)));
  }
  if ('all' in rule) {
    return Math.max(...rule.all.map((part) => deadline(part, records)));
  }
  if (stopMet(rule, records, '')) {
    return 0;
  }
  return rule.type === 'active_seconds' ? limitMs(rule) : Infinity;
}
