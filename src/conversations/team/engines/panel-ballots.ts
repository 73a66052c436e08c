import { type Ballot } from '../../../agents/turn-task';
import { isPlainObject } from '../../../common/validation/unsafe-values';
import { type EnginePart, type PanelTeam } from '../definition/team-definition';
import { type Move } from '../engine';
import { instantRunOff, mostVotes, type Tally, type Vote } from './panel-tally';

/** What the panel votes on: the options of the team, else the members who said something. */
export function optionsOf(team: PanelTeam<EnginePart>, answers: readonly Move[]): readonly string[] {
  return team.options ?? answers.filter(({ text }) => text.trim() !== '').map(({ member }) => member);
}

/** Counts the ballots as the team says. */
export function tallyOfBallots(
  team: PanelTeam<EnginePart>,
  options: readonly string[],
  ballots: readonly Move[],
): Tally {
  const votes = ballots.map((ballot): Vote => {
    const weight = team.vote === 'weighted' ? (team.weights?.[ballot.member] ?? 1) : 1;
    return { ranking: rankingOf(ballot), weight };
  });
  return team.vote === 'ranked' ? instantRunOff(options, votes, team.threshold) : mostVotes(options, votes);
}

/** What was voted for, from the most preferred; empty when nothing could be read. */
export function rankingOf({ last }: Move): readonly string[] {
  const { parsed } = last;
  const ranking: unknown = isPlainObject(parsed) ? parsed['ranking' satisfies keyof Ballot] : null;
  return Array.isArray(ranking) ? ranking.filter((option) => typeof option === 'string') : [];
}
