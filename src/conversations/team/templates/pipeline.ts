import {
  type EnginePart,
  type GraphNode,
  type GraphTeam,
  type PipelineTemplate,
} from '../definition/team-definition';
import { agentsOf, commonOf, told } from './parts';

const FIRST = 'Do your part of the task. Answer with your result only.';

const LATER =
  'Take the result of the one before you and do your part of the task on it. Answer with your result only.';

/**
 * A pipeline as a graph: a chain of the nodes `stage_1`, `stage_2`, … With `see: previous` an agent hears only the agents of the
 * stage before it, unless the request says what it hears; a team hears everything.
 */
export function pipeline(template: PipelineTemplate, stages: readonly EnginePart[]): GraphTeam<EnginePart> {
  const nodes = stages.map((stage, index): GraphNode<EnginePart> => {
    const before = stages[index - 1];
    const run = told(stage, before === undefined ? FIRST : LATER);
    return {
      id: `stage_${index + 1}`,
      run: template.see === 'previous' && before !== undefined ? hearing(run, agentsOf(before)) : run,
      join: 'all',
    };
  });
  return {
    type: 'graph',
    ...commonOf(template),
    nodes,
    edges: nodes.slice(1).map(({ id }, index) => ({ from: `stage_${index + 1}`, to: id })),
  };
}

function hearing(part: EnginePart, from: readonly string[]): EnginePart {
  return typeof part === 'object' && 'agent' in part ? { history: { from }, ...part } : part;
}
