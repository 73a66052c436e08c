import { type EnginePart, type RandomTeam } from '../definition/team-definition';
import { type Engine, type Move } from '../engine';
import { participantIds } from '../members';
import { pick } from '../seed';
import { knownChoice } from '../speaker-choice';
import { previousMember } from './turn-order';

/** So finely a choice is drawn: seeds have 31 bits. */
const DRAWS = 2 ** 31;

/** By lot, decided by the seed of the turn alone (decision 19). */
export const random: Engine<RandomTeam<EnginePart>> = {
  next(team, moves, context) {
    const candidates = randomCandidates(team, moves);
    const member = drawn(candidates, (name) => weightOf(team, name), context.seed('random'));
    const method = candidates.length === 1 ? 'only_candidate' : 'random';
    return { kind: 'moves', moves: [{ member, choice: knownChoice(method, candidates) }] };
  },
};

/**
 * Who may be drawn, in the order of the team. Without repeats the previous mover is left out, and then everybody with weight
 * 0 as long as anybody else is there. In a team of one it speaks again: rules about repeating never end a run.
 */
function randomCandidates(team: RandomTeam<EnginePart>, moves: readonly Move[]): string[] {
  const members = participantIds(team);
  const previous = team.allow_repeated_speaker ? null : previousMember(moves);
  const mayMove = members.filter((member) => member !== previous);
  const weighty = mayMove.filter((member) => weightOf(team, member) > 0);
  return [weighty, mayMove, members].find((some) => some.length > 0) ?? [];
}

function weightOf({ weights }: RandomTeam<EnginePart>, member: string): number {
  return weights && Object.hasOwn(weights, member) ? (weights[member] ?? 1) : 1;
}

/** One of the names by their weights; when all of them weigh nothing, each has the same chance. */
function drawn(names: readonly string[], weightOfName: (name: string) => number, seed: number): string {
  const isWeighted = names.some((name) => weightOfName(name) > 0);
  const shares = names.map((name) => ({ name, share: isWeighted ? weightOfName(name) : 1 }));
  let left = (pick(seed, DRAWS) / DRAWS) * shares.reduce((sum, { share }) => sum + share, 0);
  for (const { name, share } of shares) {
    left -= share;
    if (left < 0) {
      return name;
    }
  }
  // Rounding may leave a rest behind the last share.
  const last = names.at(-1);
  if (last === undefined) {
    throw new Error('A team needs at least one participant.');
  }
  return last;
}
