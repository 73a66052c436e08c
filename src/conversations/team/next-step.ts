import { selectorCandidates } from './selector';
import { type EndReason, endReason } from './stop-rules';
import { type TeamRules } from './team';
import { nextInOrder } from './turn-order';
import { type TurnRecord } from './turn-record';

export { type EndReason } from './stop-rules';

/** What comes after the turns so far: the end, a turn of a known speaker, or a question to the selector model. */
export type NextStep =
  | { readonly kind: 'end'; readonly reason: EndReason }
  | {
      readonly kind: 'speak';
      readonly speaker: string;
      readonly method: 'single' | 'round_robin' | 'only_candidate';
      readonly candidates: readonly string[];
    }
  | { readonly kind: 'select'; readonly candidates: readonly string[] };

/**
 * A pure fold: the same rules and finished turns give the same step in a live run, a resumed run and a replay.
 * Stop rules come first. `agentNames` is the team in its order and must not be empty.
 */
export function nextStep(
  rules: TeamRules,
  agentNames: readonly string[],
  records: readonly TurnRecord[],
): NextStep {
  const reason = endReason(rules, records);
  if (reason !== null) {
    return { kind: 'end', reason };
  }
  if (rules.type !== 'selector') {
    return speak(rules.type, nextInOrder(agentNames, records));
  }
  const candidates = selectorCandidates(rules, agentNames, records);
  return candidates.length > 1
    ? { kind: 'select', candidates }
    : speak('only_candidate', candidates[0] ?? null);
}

function speak(method: 'single' | 'round_robin' | 'only_candidate', speaker: string | null): NextStep {
  if (speaker === null) {
    throw new Error('A team needs at least one agent.');
  }
  return { kind: 'speak', speaker, method, candidates: [speaker] };
}
