import { type HistoryView } from '../../agents/prompt/agent';
import { type EngineDefinition, type EnginePart } from './definition/team-definition';
import { type Place } from './turn-record';

/** Someone who can be given a move in a team: an agent in its place, or a team. */
export interface Member {
  /** Unique in its team: the agent's name, the node of a graph, the name of the nested team. */
  readonly id: string;
  readonly runs: MemberAgent | EngineDefinition;
}

export interface MemberAgent {
  readonly type: 'agent';
  readonly name: string;
  readonly instruction?: string;
  readonly history?: HistoryView;
}

/** The members of a team in their order; a manager or chair comes last. */
export function membersOf(team: EngineDefinition): Member[] {
  switch (team.type) {
    case 'graph':
      return team.nodes.map(({ id, run }) => ({ id, runs: runnable(run ?? id) }));
    case 'magentic':
      return [...team.participants, team.manager].map(toMember);
    case 'panel':
      return [...team.participants, ...(team.chair === undefined ? [] : [team.chair])].map(toMember);
    default:
      return team.participants.map(toMember);
  }
}

/** Ids of those who take turns in order; a manager or chair is not among them. */
export function participantIds(team: Exclude<EngineDefinition, { type: 'graph' }>): string[] {
  return team.participants.map((part) => toMember(part).id);
}

function toMember(part: EnginePart): Member {
  const runs = runnable(part);
  return { id: runs.type === 'agent' ? runs.name : (runs.name ?? runs.type), runs };
}

function runnable(part: EnginePart): Member['runs'] {
  if (typeof part === 'string') {
    return { type: 'agent', name: part };
  }
  if ('agent' in part) {
    const { agent, ...rest } = part;
    return { type: 'agent', name: agent, ...rest };
  }
  return part;
}

/** Names of all agents in a team and the teams in it, each once. */
export function agentNamesIn(team: EngineDefinition): string[] {
  const names = membersOf(team).flatMap(({ runs }) =>
    runs.type === 'agent' ? [runs.name] : agentNamesIn(runs),
  );
  return [...new Set(names)];
}

/** The agent at a place of a team; null when a team stands there. */
export function memberAt(team: EngineDefinition, place: Place): MemberAgent | null {
  const [step, ...rest] = place;
  const runs = membersOf(team).find(({ id }) => id === step?.member)?.runs;
  if (runs === undefined || runs.type === 'agent') {
    return runs !== undefined && rest.length === 0 ? runs : null;
  }
  return memberAt(runs, rest);
}

/** In how many turns everybody in a team has had a move. A nested team takes as many as its limit says, else those of a round. */
export function turnsInRound(team: EngineDefinition): number {
  return membersOf(team)
    .map(({ runs }) => (runs.type === 'agent' ? 1 : (runs.max_turns ?? turnsInRound(runs))))
    .reduce((sum, turns) => sum + turns, 0);
}
