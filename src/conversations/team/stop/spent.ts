import { type ActiveSecondsRule, type TokensRule } from '../definition/stop-rule';
import { type TurnRecord } from '../turn-record';
import { type Clock, type Met } from './met';

/** The detail is the limit that was reached first. */
export function tokensSpent(rule: TokensRule, records: readonly TurnRecord[]): Met {
  const spent = { total: 0, prompt: 0, completion: 0 };
  for (const { turn, promptTokens, completionTokens } of records) {
    spent.prompt += promptTokens;
    spent.completion += completionTokens;
    spent.total += promptTokens + completionTokens;
    const reached = LIMITS.find((limit) => spent[limit] >= (rule[limit] ?? Infinity));
    if (reached) {
      return { turn, detail: reached };
    }
  }
  return null;
}

const LIMITS = ['total', 'prompt', 'completion'] as const;

export function timeSpent(
  rule: ActiveSecondsRule,
  records: readonly TurnRecord[],
  { startMs, nowMs = 0 }: Clock,
): Met {
  const limit = startMs + limitMs(rule);
  const met = records.find(({ activeMs }) => activeMs >= limit);
  if (met) {
    return { turn: met.turn };
  }
  return nowMs >= limit ? { turn: records.at(-1)?.turn ?? 0 } : null;
}

/** Active milliseconds that may be spent. */
export function limitMs({ seconds }: ActiveSecondsRule): number {
  return seconds * 1000;
}
