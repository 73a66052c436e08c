import { type EnginePart, type SelectorFallback, type SelectorTeam } from '../definition/team-definition';
import { type Move } from '../engine';
import { pick } from '../seed';
import { participantIds } from '../members';
import { movesInARow, nextInOrder, previousMember } from './turn-order';

type MemberMove = Pick<Move, 'member'>;

/**
 * Who may speak next, in the order of the team. Without repeats the previous speaker is left out, with repeats it is
 * once it has had `max_consecutive_turns` in a row; transitions leave those who may not follow it out. The previous
 * speaker is whoever moved last, however it was chosen and even if it said nothing. If that leaves nobody (a team of
 * one, a transition to oneself alone), the transitions count alone, and at last everybody may speak: rules about
 * repeating never end a run.
 */
export function selectorCandidates(team: SelectorTeam<EnginePart>, moves: readonly MemberMove[]): string[] {
  const members = participantIds(team);
  const previous = previousMember(moves);
  const following = previous === null ? undefined : team.transitions?.[previous];
  const reachable = following ? members.filter((member) => following.includes(member)) : members;
  const mostInARow = team.allow_repeated_speaker ? (team.max_consecutive_turns ?? Infinity) : 1;
  const mayRepeat = movesInARow(moves) < mostInARow;
  const allowed = reachable.filter((member) => mayRepeat || member !== previous);
  return [allowed, reachable, members].find((some) => some.length > 0) ?? [];
}

export interface FallbackInput {
  /** The team in its order. */
  readonly members: readonly string[];
  /** Those who may speak, in the same order. */
  readonly candidates: readonly string[];
  readonly moves: readonly MemberMove[];
  /** Of this turn (see deriveSeed); decides for `random`. */
  readonly seed: number;
}

/** Who speaks under each policy; null = nobody. */
const FALLBACKS: Readonly<Record<SelectorFallback, (input: FallbackInput) => string | null>> = {
  round_robin: ({ members, moves, candidates }) => nextInOrder(members, moves, candidates),
  previous: (input) => {
    const previous = previousMember(input.moves);
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
