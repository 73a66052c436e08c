import { type PatternRule, type SourceRule, type TextRule } from '../definition/stop-rule';
import { patternMatch } from '../patterns';
import { type TurnRecord } from '../turn-record';
import { RememberedFold } from './remembered-fold';
import { clipped, type Met } from './met';

export function textSaid({ text, from }: TextRule, records: readonly TurnRecord[]): Met {
  const met = records.find((record) => isSaidBy(record, from) && record.text.includes(text));
  return met ? { turn: met.turn, detail: text } : null;
}

export function patternSaid(rule: PatternRule, records: readonly TurnRecord[]): Met {
  return patterns.after(rule, records);
}

const patterns = new RememberedFold<PatternRule, Met>(null, (rule, met, records, index) => {
  const record = records[index];
  if (met || !record || !isSaidBy(record, rule.from)) {
    return met;
  }
  const found = patternMatch(rule.pattern, record.text, rule.ignore_case);
  return found === null ? null : { turn: record.turn, detail: clipped(found) };
});

export function sourceSpoke({ from }: SourceRule, records: readonly TurnRecord[]): Met {
  const met = records.find((record) => isSaidBy(record, from));
  return met ? { turn: met.turn, detail: met.speaker } : null;
}

/** Whether something was said, by one of these if any are named. */
function isSaidBy({ state, speaker }: TurnRecord, from: readonly string[] | undefined): boolean {
  return state === 'completed' && (from === undefined || from.includes(speaker));
}
