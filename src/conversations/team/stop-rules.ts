import { type TeamRules } from './team';
import { type TurnRecord } from './turn-record';

/** Why a run ended by its rules; stored with it. `stopped` = a client stopped it and wants what was said to count. */
export interface EndReason {
  readonly type: 'max_turns' | 'termination' | 'single_reply' | 'stopped';
  /** The turn after which it ended. */
  readonly turn: number;
  /** For `termination` the text that was met. */
  readonly detail?: string;
}

/**
 * Which stop rule holds after these turns, or null. Rules see agents only, never the task (decision 16), so a task
 * that quotes the stop text ends nothing. When both hold, the text that was met counts, not the number of turns.
 */
export function endReason(rules: TeamRules, records: readonly TurnRecord[]): EndReason | null {
  const last = records.at(-1);
  if (last === undefined) {
    return null;
  }
  const turn = records.length;
  if (rules.type === 'single') {
    return { type: 'single_reply', turn };
  }
  if (rules.termination !== null && last.text.includes(rules.termination)) {
    return { type: 'termination', turn, detail: rules.termination };
  }
  return turn >= rules.maxTurns ? { type: 'max_turns', turn } : null;
}
