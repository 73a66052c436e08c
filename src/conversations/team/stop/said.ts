import { type TextRule } from '../definition/stop-rule';
import { type TurnRecord } from '../turn-record';
import { type Met } from './stop-met';

export function textSaid({ text, from }: TextRule, records: readonly TurnRecord[]): Met {
  const met = records.find(
    (record) => (from === undefined || from.includes(record.speaker)) && record.text.includes(text),
  );
  return met ? { turn: met.turn, detail: text } : null;
}
