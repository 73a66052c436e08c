import {
  type DebateTemplate,
  type EnginePart,
  type GraphEdge,
  type GraphNode,
  type GraphTeam,
} from '../definition/team-definition';
import { participantIds } from '../members';
import { commonOf, listed, told } from './parts';

const OPENING =
  'Give your opening statement. Speak for your own side only. Say in a few sentences what you stand for, and give your best reasons.';

const REBUTTAL =
  'Answer the other side. Take up its strongest point and say what is wrong with it. Then add one reason for your own side that was not given yet.';

function verdict(names: readonly string[]): string {
  return `You are the judge. Compare what was said for each side. Say who won, ${listed(names)}, and why.`;
}

/**
 * A debate as a graph. The opening statements are made side by side, so that no side begins with an answer to another; all who
 * come after them have heard them. The rebuttals follow one after the other, in each round in the order of the sides, and each
 * has heard the one before. The judge, if there is one, speaks last. The nodes are `opening_1`, `rebuttal_<round>_<side>` and
 * `verdict`.
 */
export function debate(
  template: DebateTemplate,
  sides: readonly EnginePart[],
  judge: EnginePart | undefined,
): GraphTeam<EnginePart> {
  const openings = sides.map((side, index) => node(`opening_${index + 1}`, told(side, OPENING)));
  const rounds = Array.from({ length: template.rounds }, (_, round) => round + 1);
  const chain = rounds.flatMap((round) =>
    sides.map((side, index) => node(`rebuttal_${round}_${index + 1}`, told(side, REBUTTAL))),
  );
  if (judge !== undefined) {
    const names = participantIds({ type: 'round_robin', participants: sides });
    chain.push(node('verdict', told(judge, verdict(names))));
  }
  return {
    type: 'graph',
    ...commonOf(template),
    nodes: [...openings, ...chain],
    edges: chain.flatMap((to, index): GraphEdge[] => {
      const before = index === 0 ? openings : chain.slice(index - 1, index);
      return before.map((from) => ({ from: from.id, to: to.id }));
    }),
  };
}

function node(id: string, run: EnginePart): GraphNode<EnginePart> {
  return { id, run, join: 'all' };
}
