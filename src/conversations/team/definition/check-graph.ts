import { type PatternCheck } from './check-patterns';
import { type Findings, quoted, type RequestLoc } from './finding';
import { type GraphEdge, type GraphTeam } from './team-definition';

/** What the check of a graph needs besides the graph. */
export interface GraphCheck {
  readonly findings: Findings;
  readonly patterns: PatternCheck;
  /** Whether a stop rule or a limit of turns, of the graph or around it, ends a loop. */
  readonly hasStop: boolean;
}

/** Checks that edges lead somewhere, that every node can be reached, and that loops end. */
export function checkGraph<P>(graph: GraphTeam<P>, loc: RequestLoc, check: GraphCheck): void {
  const { findings } = check;
  const nodes = new Set(graph.nodes.map(({ id }) => id));
  const known = (name: string, at: RequestLoc) => {
    if (!nodes.has(name)) {
      findings.unknownName(at, { type: 'unknown_node', what: 'node of this graph', name, known: nodes });
    }
  };
  graph.start?.forEach((id, index) => known(id, [...loc, 'start', index]));
  graph.edges.forEach((edge, index) => {
    known(edge.from, [...loc, 'edges', index, 'from']);
    known(edge.to, [...loc, 'edges', index, 'to']);
    if (edge.when && 'pattern' in edge.when) {
      check.patterns.check(edge.when.pattern, [...loc, 'edges', index, 'when', 'pattern']);
    }
  });
  checkConditions(graph, loc, findings);
  const reached = reachable(graph);
  if (reached.size === 0) {
    const message =
      'every node has an incoming edge, so nothing is left to begin with: name nodes in `start`';
    findings.error([...loc, 'edges'], 'no_start', message);
    return;
  }
  graph.nodes.forEach(({ id }, index) => {
    if (!reached.has(id)) {
      const message = `no edge leads to ${quoted(id)} from where the graph begins`;
      findings.error([...loc, 'nodes', index], 'unreachable_node', message, id);
    }
  });
  checkLoops(graph, loc, check);
}

/** The nodes where the graph begins and all that edges lead to from there. */
function reachable<P>({ nodes, edges, start }: GraphTeam<P>): Set<string> {
  const targets = new Set(edges.map(({ to }) => to));
  const reached = new Set(start ?? nodes.map(({ id }) => id).filter((id) => !targets.has(id)));
  const next = targetsByNode(edges);
  for (const id of reached) {
    // A set goes on with what is added to it meanwhile.
    next.get(id)?.forEach((to) => reached.add(to));
  }
  return reached;
}

function checkConditions<P>({ nodes, edges }: GraphTeam<P>, loc: RequestLoc, findings: Findings): void {
  const byNode = new Map<string, { readonly edge: GraphEdge; readonly index: number }[]>();
  edges.forEach((edge, index) => {
    const list = byNode.get(edge.from) ?? [];
    list.push({ edge, index });
    byNode.set(edge.from, list);
  });
  nodes.forEach(({ id }, index) => {
    const outgoing = byNode.get(id) ?? [];
    const isOtherwise = ({ when }: GraphEdge) => when !== undefined && 'otherwise' in when;
    const otherwise = outgoing.filter(({ edge }) => isOtherwise(edge));
    const hasCondition = outgoing.some(({ edge }) => edge.when !== undefined && !isOtherwise(edge));
    const isAlwaysOpen = outgoing.some(({ edge }) => edge.when === undefined);
    for (const { index: at } of otherwise) {
      const when = [...loc, 'edges', at, 'when'];
      if (isAlwaysOpen) {
        findings.warning(when, 'never_taken', `is never taken: another edge of ${quoted(id)} is always open`);
      } else if (!hasCondition) {
        const message = `has a meaning only beside edges of ${quoted(id)} with conditions: leave \`when\` out`;
        findings.error(when, 'otherwise_alone', message);
      }
    }
    if (hasCondition && !isAlwaysOpen && otherwise.length === 0) {
      const message = `all edges of ${quoted(id)} have conditions: when none holds the run fails with NO_OPEN_EDGE; add an edge with \`otherwise\``;
      findings.warning([...loc, 'nodes', index], 'may_have_no_open_edge', message, id);
    }
  });
}

function checkLoops<P>(graph: GraphTeam<P>, loc: RequestLoc, { findings, hasStop }: GraphCheck): void {
  if (hasStop) {
    return;
  }
  const endless = findLoop(
    graph,
    graph.edges.filter(({ when }) => when === undefined),
  );
  if (endless) {
    const message = `goes round for ever (${endless.map(quoted).join(' → ')}): give an edge a condition, or the team \`max_turns\` or \`stop\``;
    findings.error([...loc, 'edges'], 'endless_loop', message);
    return;
  }
  const loop = findLoop(graph, graph.edges);
  if (loop) {
    const message = `may go round (${loop.map(quoted).join(' → ')}) until MAX_TURNS, should its conditions never let it out: give the team \`max_turns\` or \`stop\``;
    findings.warning([...loc, 'edges'], 'loop_without_stop', message);
  }
}

/** Nodes of one loop in their order, its first node at both ends; null when there is none. */
function findLoop<P>({ nodes }: GraphTeam<P>, edges: readonly GraphEdge[]): string[] | null {
  const next = targetsByNode(edges);
  const done = new Set<string>();
  for (const { id } of nodes) {
    const path = [id];
    const open = [[...(next.get(id) ?? [])]];
    for (let targets = open.at(-1); targets && !done.has(id); targets = open.at(-1)) {
      const target = targets.pop();
      const seen = target === undefined ? -1 : path.indexOf(target);
      if (target === undefined) {
        done.add(path.pop() ?? '');
        open.pop();
      } else if (seen !== -1) {
        return [...path.slice(seen), target];
      } else if (!done.has(target)) {
        path.push(target);
        open.push([...(next.get(target) ?? [])]);
      }
    }
  }
  return null;
}

function targetsByNode(edges: readonly GraphEdge[]): ReadonlyMap<string, ReadonlySet<string>> {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of edges) {
    next.set(from, (next.get(from) ?? new Set()).add(to));
  }
  return next;
}
