import {
  type EngineDefinition,
  type EnginePart,
  type Participant,
  type TeamDefinition,
} from '../definition/team-definition';
import { consensus } from './consensus';
import { critic } from './critic';
import { debate } from './debate';
import { moderator } from './moderator';
import { pipeline } from './pipeline';

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
      return { ...team, participants: asParts(team.participants) };
    case 'debate':
      return debate(team, asParts(team.sides), team.judge === undefined ? undefined : asPart(team.judge));
    case 'critic': {
      const [author, judge] = asParts([team.author, team.critic]);
      return critic(team, author, judge);
    }
    case 'moderator': {
      const [leader, ...others] = asParts([team.moderator, ...team.participants]);
      return moderator(team, leader, others);
    }
    case 'consensus':
      return consensus(team, asParts(team.participants));
    case 'pipeline':
      return pipeline(team, asParts(team.stages));
  }
}

/** The same for a participant. */
function asPart(part: Participant): EnginePart {
  return typeof part === 'string' || 'agent' in part ? part : asEngine(part);
}

function asParts<const P extends readonly Participant[]>(parts: P): { [K in keyof P]: EnginePart } {
  return parts.map(asPart) as { [K in keyof P]: EnginePart };
}
