import {
  type EngineDefinition,
  type EnginePart,
  type Participant,
  type TeamDefinition,
} from '../definition/team-definition';

/** Writes a team down as an engine: templates become engines, and so do all teams in it. */
export function asEngine(team: TeamDefinition): EngineDefinition {
  switch (team.type) {
    case 'magentic':
      return team;
    case 'graph':
      return {
        ...team,
        nodes: team.nodes.map(({ run, ...node }) =>
          run === undefined ? node : { ...node, run: asPart(run) },
        ),
      };
    case 'round_robin':
    case 'selector':
    case 'random':
    case 'swarm':
    case 'panel':
      return { ...team, participants: team.participants.map(asPart) };
    case 'debate':
    case 'critic':
    case 'moderator':
    case 'consensus':
    case 'pipeline':
      throw new Error(`The template ${team.type} is not written down yet.`);
  }
}

/** The same for a participant. */
export function asPart(part: Participant): EnginePart {
  return typeof part === 'string' || 'agent' in part ? part : asEngine(part);
}
