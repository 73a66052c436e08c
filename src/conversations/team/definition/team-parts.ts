import { type RequestLoc } from './finding';
import { type Participant, type TeamDefinition } from './team-definition';

/** Somebody who stands in a team as a client wrote it down. */
export interface TeamPart {
  /** Where it stands, seen from the team. */
  readonly loc: RequestLoc;
  readonly part: Participant;
  /**
   * `lead` = has a task of its own beside the participants: manager, chair, judge, critic, moderator. Stages are known by their
   * places, so the same agent may have several.
   */
  readonly as: 'participant' | 'lead' | 'node' | 'stage';
  /** The id of a node; elsewhere the name of the agent or team. Undefined = a team that is named after its type. */
  readonly id: string | undefined;
}

/** Everybody who stands in a team, templates as they are written; nested teams count as one. */
export function partsOf(team: TeamDefinition): TeamPart[] {
  switch (team.type) {
    case 'graph':
      return team.nodes.map(({ id, run }, index) => ({
        loc: ['nodes', index, run === undefined ? 'id' : 'run'],
        part: run ?? id,
        as: 'node',
        id,
      }));
    case 'magentic':
      return [...participants('participants', team.participants), lead('manager', team.manager)];
    case 'panel':
      return [...participants('participants', team.participants), ...leadOrNone('chair', team.chair)];
    case 'debate':
      return [...participants('sides', team.sides), ...leadOrNone('judge', team.judge)];
    case 'critic':
      return [
        { loc: ['author'], part: team.author, as: 'participant', id: idOf(team.author) },
        lead('critic', team.critic),
      ];
    case 'moderator':
      return [lead('moderator', team.moderator), ...participants('participants', team.participants)];
    case 'pipeline':
      return participants('stages', team.stages).map((part) => ({ ...part, as: 'stage' }));
    default:
      return participants('participants', team.participants);
  }
}

/** Names of all agents in a team and the teams in it, each once. */
export function agentsIn(team: TeamDefinition): Set<string> {
  const names = new Set<string>();
  const add = (one: TeamDefinition) => {
    for (const { part } of partsOf(one)) {
      if (isTeam(part)) {
        add(part);
      } else {
        names.add(agentOf(part));
      }
    }
  };
  add(team);
  return names;
}

export function isTeam(part: Participant): part is TeamDefinition {
  return typeof part === 'object' && 'type' in part;
}

/** The name of the agent of a part that is no team. */
export function agentOf(part: Exclude<Participant, TeamDefinition>): string {
  return typeof part === 'string' ? part : part.agent;
}

function participants(field: string, parts: readonly Participant[]): TeamPart[] {
  return parts.map((part, index) => ({ loc: [field, index], part, as: 'participant', id: idOf(part) }));
}

function lead(field: string, part: Participant): TeamPart {
  return { loc: [field], part, as: 'lead', id: idOf(part) };
}

function leadOrNone(field: string, part: Participant | undefined): TeamPart[] {
  return part === undefined ? [] : [lead(field, part)];
}

function idOf(part: Participant): string | undefined {
  return isTeam(part) ? part.name : agentOf(part);
}
