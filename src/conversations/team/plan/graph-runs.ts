import { type EnginePart, type GraphEdge, type GraphTeam } from '../definition/team-definition';

/** The nodes of a graph in an order in which edges lead forward, as far as they are in no loop. */
export interface GraphOrder {
  readonly nodes: readonly string[];
  /** Whether edges lead round in a circle somewhere. */
  readonly hasLoop: boolean;
}

/** Puts the nodes that can be reached from the start in order, by these edges. */
export function orderOf(graph: GraphTeam<EnginePart>, edges: readonly GraphEdge[]): GraphOrder {
  const reached = reachedBy(graph, edges);
  const inside = edges.filter(({ from, to }) => reached.has(from) && reached.has(to));
  const waiting = new Map([...reached].map((id) => [id, inside.filter(({ to }) => to === id).length]));
  const nodes: string[] = [];
  const ready = graph.nodes.map(({ id }) => id).filter((id) => waiting.get(id) === 0);
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    nodes.push(id);
    for (const { to } of inside.filter(({ from }) => from === id)) {
      const left = (waiting.get(to) ?? 0) - 1;
      waiting.set(to, left);
      if (left === 0) {
        ready.push(to);
      }
    }
  }
  const isInLoop = ({ id }: { readonly id: string }) => reached.has(id) && !nodes.includes(id);
  const rest = graph.nodes.filter(isInLoop).map(({ id }) => id);
  return { nodes: [...nodes, ...rest], hasLoop: rest.length > 0 };
}

/** How often each node runs at most in a graph without loops, when every edge is taken. */
export function mostRuns(
  graph: GraphTeam<EnginePart>,
  order: readonly string[],
): ReadonlyMap<string, number> {
  const starts = new Set(startOf(graph));
  const joins = new Map(graph.nodes.map(({ id, join }) => [id, join]));
  const runs = new Map<string, number>();
  for (const id of order) {
    const groups = new Map<string | undefined, number[]>();
    for (const { from, group } of graph.edges.filter(({ to }) => to === id)) {
      groups.set(group, [...(groups.get(group) ?? []), runs.get(from) ?? 0]);
    }
    const arrivals = [...groups.values()].map((counts) =>
      joins.get(id) === 'any' ? counts.reduce((sum, count) => sum + count, 0) : Math.max(...counts),
    );
    runs.set(
      id,
      arrivals.reduce((sum, count) => sum + count, starts.has(id) ? 1 : 0),
    );
  }
  return runs;
}

function startOf({ nodes, edges, start }: GraphTeam<EnginePart>): readonly string[] {
  const reached = new Set(edges.map(({ to }) => to));
  return start ?? nodes.map(({ id }) => id).filter((id) => !reached.has(id));
}

function reachedBy(graph: GraphTeam<EnginePart>, edges: readonly GraphEdge[]): ReadonlySet<string> {
  const reached = new Set(startOf(graph));
  for (const id of reached) {
    // A set goes on with what is added to it meanwhile.
    edges.filter(({ from }) => from === id).forEach(({ to }) => reached.add(to));
  }
  return reached;
}
