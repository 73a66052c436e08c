import { type EnginePart, type PanelTeam } from '../definition/team-definition';
import { type Engine, type EngineContext, type EngineStep, type Move, type PlannedMove } from '../engine';
import { membersOf, participantIds } from '../members';
import { knownChoice } from '../speaker-choice';
import { optionsOf, tallyOfBallots } from './panel-ballots';
import { type Outcome, outcomeOf, tieVoters } from './panel-outcome';
import { ballotInstruction, CHAIR_INSTRUCTION, resultInstruction, tieInstruction } from './panel-prompts';

/**
 * Everybody answers side by side, then the agents among them vote side by side (a nested team can be voted for, but casts no
 * vote), then the chair speaks. What a move was for follows from its place in the order: answers, ballots, ballots that decide
 * a tie, the chair.
 */
export const panel: Engine<PanelTeam<EnginePart>> = {
  next(team, moves, context) {
    const participants = participantIds(team);
    const answers = moves.slice(0, participants.length);
    if (answers.length < participants.length) {
      const choice = knownChoice('step', participants);
      return sideBySide(participants.slice(answers.length).map((member) => ({ member, choice })));
    }
    const options = optionsOf(team, answers);
    const wasAnswered = answers.some(({ text }) => text.trim() !== '');
    const rest = moves.slice(answers.length);
    if (team.vote === 'none' || options.length === 0) {
      const word = wasAnswered && rest.length === 0 ? chairMove(team, CHAIR_INSTRUCTION) : null;
      return word ?? { kind: 'end', reason: { type: 'panel_complete' } };
    }
    return afterAnswers(team, options, rest, context);
  },
};

/** The vote, the vote that decides a tie, and the last word. */
function afterAnswers(
  team: PanelTeam<EnginePart>,
  options: readonly string[],
  moves: readonly Move[],
  context: EngineContext,
): EngineStep {
  const voters = votersOf(team);
  const ballots = moves.slice(0, voters.length);
  if (ballots.length < voters.length) {
    return vote(team, voters, ballots.length, { options, isTie: false });
  }
  const tally = tallyOfBallots(team, options, ballots);
  const again = tieVoters(team, tally, { voters, chair: chairOf(team) });
  const tieBallots = moves.slice(voters.length, voters.length + again.length);
  if (tieBallots.length < again.length) {
    return vote(team, again, tieBallots.length, { options: tally.leaders, isTie: true });
  }
  // The lot is drawn as of the turn after the ballots: the chair's turn must not change it.
  const lastBallot = Math.max(0, ...ballots.map(({ last }) => last.turn));
  const outcome = outcomeOf(team, tally, tieBallots, context.seed('tie', lastBallot + 1));
  const wasClosed = moves.length > ballots.length + tieBallots.length;
  const word = wasClosed ? null : chairMove(team, resultOf(team, outcome));
  return word ?? { kind: 'end', reason: endOf(outcome) };
}

/** The ballots that are still to be cast. */
function vote(
  team: PanelTeam<EnginePart>,
  voters: readonly string[],
  cast: number,
  { options, isTie }: { readonly options: readonly string[]; readonly isTie: boolean },
): EngineStep {
  // A chair decides between those tied, so it names one and does not abstain.
  const isChair = isTie && team.ties === 'chair';
  const ballot = {
    options,
    isRanked: team.vote === 'ranked' && !isChair,
    mayAbstain: team.may_abstain && !isChair,
  };
  const about = { ...ballot, isOnAnswers: team.options === undefined };
  const instruction = isTie ? tieInstruction(about) : ballotInstruction(about);
  const choice = knownChoice('vote', voters);
  return sideBySide(
    voters.slice(cast).map((member) => ({ member, choice, task: { kind: 'ballot', instruction, ballot } })),
  );
}

/** The last word; null when there is no chair. */
function chairMove(team: PanelTeam<EnginePart>, instruction: string): EngineStep | null {
  const chair = chairOf(team);
  const choice = knownChoice('only_candidate', chair === null ? [] : [chair]);
  return chair === null
    ? null
    : sideBySide([{ member: chair, choice, task: { kind: 'reply', instruction } }]);
}

function sideBySide(moves: readonly PlannedMove[]): EngineStep {
  return { kind: 'moves', moves };
}

function resultOf({ vote: method }: PanelTeam<EnginePart>, { tally, winner }: Outcome): string {
  return resultInstruction(tally, winner, method === 'ranked');
}

function endOf({ winner }: Outcome): { readonly type: 'vote'; readonly detail?: string } {
  return winner === null ? { type: 'vote' } : { type: 'vote', detail: winner };
}

function chairOf(team: PanelTeam<EnginePart>): string | null {
  return team.chair === undefined ? null : typeof team.chair === 'string' ? team.chair : team.chair.agent;
}

/** The agents among the participants. */
function votersOf(team: PanelTeam<EnginePart>): string[] {
  const participants = participantIds(team);
  return membersOf(team)
    .filter(({ id, runs }) => runs.type === 'agent' && participants.includes(id))
    .map(({ id }) => id);
}
