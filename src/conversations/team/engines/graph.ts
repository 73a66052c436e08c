import { type EnginePart, type GraphTeam } from '../definition/team-definition';
import { type Engine, type EngineStep } from '../engine';
import { type ChoiceMethod, knownChoice } from '../speaker-choice';
import { Arrivals } from './graph-arrivals';
import { GraphMap } from './graph-map';

/**
 * Nodes take turns as the edges say (decision 18); nodes that are ready together run side by side, and the next step begins when
 * all of them have ended. Where the graph stands follows from its moves alone, which are gone through step by step from the
 * first, so an interrupted run stands where it stood. A step that a limit cut short is finished first when the run goes on.
 *
 * After a move each open edge of the node brings something to the node that it leads to (see Arrivals). A node that has edges of
 * which none is open is a fault; a node without edges just ends. The graph is complete when nothing is left to run.
 */
export const graph: Engine<GraphTeam<EnginePart>> = {
  next(team, moves) {
    const map = new GraphMap(team);
    const arrivals = new Arrivals(map);
    let step = map.start();
    let method: ChoiceMethod = 'first';
    let done = 0;
    while (step.length > 0) {
      const taken = moves.slice(done, done + step.length);
      for (const move of taken) {
        const open = map.openEdges(move);
        if (open.length === 0 && !map.isLeaf(move.member)) {
          return noOpenEdge(move.member);
        }
        arrivals.add(open);
      }
      if (taken.length < step.length) {
        return sideBySide(step, taken.length, method);
      }
      done += step.length;
      step = arrivals.takeReady();
      method = 'edge';
    }
    return { kind: 'end', reason: { type: 'graph_complete' } };
  },
};

/** The nodes of a step that have not run yet. */
function sideBySide(step: readonly string[], done: number, method: ChoiceMethod): EngineStep {
  const choice = knownChoice(step.length > 1 ? 'step' : method, step);
  return { kind: 'moves', moves: step.slice(done).map((member) => ({ member, choice })) };
}

function noOpenEdge(node: string): EngineStep {
  return {
    kind: 'fail',
    code: 'NO_OPEN_EDGE',
    message:
      `None of the edges of the node "${node}" is open after its last message, so nobody comes next. ` +
      'Add an edge with `otherwise`, or change the conditions.',
  };
}
