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
export function asPart(part: Participant): EnginePart {
  return typeof part === 'string' || 'agent' in part ? part : asEngine(part);
}

/**
 * The same for all participants of a team. Teams without a name are called by their type, and `debate_2` and so on where that
 * is taken, so that each of them can be told apart.
 */
function asParts<const P extends readonly Participant[]>(parts: P): { [K in keyof P]: EnginePart } {
  const taken = new Set(parts.map(givenName));
  const named = parts.map((part) => {
    const written = asPart(part);
    if (typeof part === 'string' || 'agent' in part || part.name !== undefined) {
      return written;
    }
    const name = freeName(part.type, taken);
    taken.add(name);
    return { ...(written as EngineDefinition), name };
  });
  return named as { [K in keyof P]: EnginePart };
}

function givenName(part: Participant): string | undefined {
  if (typeof part === 'string') {
    return part;
  }
  return 'agent' in part ? part.agent : part.name;
}

function freeName(wanted: string, taken: ReadonlySet<string | undefined>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number += 1) {
    name = `${wanted}_${number}`;
  }
  return name;
}
