import { pick } from './seed';
import { type SelectorFallback, type SelectorRules } from './team';
import { nextInOrder, previousSpeaker } from './turn-order';
import { type TurnRecord } from './turn-record';

/**
 * Who may speak next, in the order of the team. Without repeats the previous speaker is left out, with repeats it is
 * once it has had `maxConsecutiveTurns` in a row. The previous speaker is whoever took the last turn, however it was
 * chosen and even if it said nothing. If that leaves nobody (a team of one), everybody may speak: rules about
 * repeating never end a run.
 */
export function selectorCandidates(
  rules: Pick<SelectorRules, 'allowRepeatSpeaker' | 'maxConsecutiveTurns'>,
  agentNames: readonly string[],
  records: readonly TurnRecord[],
): string[] {
  const previous = previousSpeaker(records);
  const mostInARow = rules.allowRepeatSpeaker ? (rules.maxConsecutiveTurns ?? Infinity) : 1;
  const mayRepeat = turnsInARow(records) < mostInARow;
  const allowed = agentNames.filter((name) => mayRepeat || name !== previous);
  return allowed.length > 0 ? allowed : [...agentNames];
}

/** Turns that the last speaker has taken without a break. */
function turnsInARow(records: readonly TurnRecord[]): number {
  const previous = previousSpeaker(records);
  return records.length - 1 - records.findLastIndex(({ speaker }) => speaker !== previous);
}

export interface FallbackInput {
  /** The team in its order. */
  readonly agentNames: readonly string[];
  /** Those who may speak, in the same order. */
  readonly candidates: readonly string[];
  readonly records: readonly TurnRecord[];
  /** Of this turn (see deriveSeed); decides for `random`. */
  readonly seed: number;
}

/** Who speaks under each policy; null = nobody. */
const FALLBACKS: Readonly<Record<SelectorFallback, (input: FallbackInput) => string | null>> = {
  round_robin: ({ agentNames, records, candidates }) => nextInOrder(agentNames, records, candidates),
  previous: (input) => {
    const previous = previousSpeaker(input.records);
    return previous !== null && input.candidates.includes(previous) ? previous : FALLBACKS.round_robin(input);
  },
  first: ({ candidates }) => candidates[0] ?? null,
  random: ({ candidates, seed }) => candidates[pick(seed, candidates.length)] ?? null,
  fail: () => null,
};

/**
 * Who speaks when the selector model gave no usable answer (decision 17): always a candidate, or null for `fail`.
 * `previous` means the previous speaker as far as it may repeat, else the next one in order.
 */
export function fallbackSpeaker(policy: SelectorFallback, input: FallbackInput): string | null {
  return input.candidates.length === 0 ? null : FALLBACKS[policy](input);
}
