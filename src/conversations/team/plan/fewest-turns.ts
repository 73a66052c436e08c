import { type EngineDefinition, type TeamRules } from '../definition/team-definition';
import { membersOf, type Member, participantIds } from '../members';
import { orderOf } from './graph-runs';
import { floorOf, turnFloor } from './turn-cap';

/** Turns that a run takes at least when nothing fails and every agent says something. */
export function fewestTurns({ team, stop, maxTurns }: TeamRules): number {
  return Math.min(fewestIn(team), turnFloor(stop), maxTurns);
}

function fewestIn(team: EngineDefinition): number {
  return Math.min(fewestByItself(team), floorOf(team));
}

/** Turns after which a team may end by what it is; Infinity = never. */
function fewestByItself(team: EngineDefinition): number {
  const members = membersOf(team);
  switch (team.type) {
    case 'round_robin':
    case 'selector':
    case 'random':
      return Infinity;
    case 'swarm':
      return Object.values(team.handoffs ?? {}).some((targets) => targets.includes('user')) ? 1 : Infinity;
    case 'graph': {
      // What stands behind conditions need not run.
      const { nodes, hasLoop } = orderOf(
        team,
        team.edges.filter(({ when }) => when === undefined),
      );
      return hasLoop ? Infinity : sum(members.filter(({ id }) => nodes.includes(id)));
    }
    case 'magentic':
      return team.final_answer ? 2 : 1;
    case 'panel': {
      const ids = participantIds(team);
      const isVoter = ({ id, runs }: Member) => runs.type === 'agent' && ids.includes(id);
      return sum(members) + (team.vote === 'none' ? 0 : members.filter(isVoter).length);
    }
  }
}

function sum(members: readonly Member[]): number {
  return members.reduce((total, { runs }) => total + (runs.type === 'agent' ? 1 : fewestIn(runs)), 0);
}
