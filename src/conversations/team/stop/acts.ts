import { type HandoffRule, type ToolRule } from '../definition/stop-rule';
import { type TurnRecord } from '../turn-record';
import { type Met } from './met';

export function handedOver({ to }: HandoffRule, records: readonly TurnRecord[]): Met {
  const met = records.find(({ handoff }) => handoff === to);
  return met ? { turn: met.turn, detail: to } : null;
}

export function toolCalled({ name }: ToolRule, records: readonly TurnRecord[]): Met {
  const met = records.find(({ tools }) => tools.includes(name));
  return met ? { turn: met.turn, detail: name } : null;
}
