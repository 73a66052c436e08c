import { type EnginePart, type GraphEdge, type GraphTeam } from '../definition/team-definition';
import { type Move } from '../engine';
import { edgeTest, type EdgeTest } from './edge-condition';

/** Incoming edges of a node that join. */
export interface JoinGroup {
  readonly node: string;
  readonly join: 'all' | 'any';
  readonly edges: readonly GraphEdge[];
}

/** The edges of a graph, put in order once for many questions. */
export class GraphMap {
  /** In the order of the nodes. */
  readonly groups: readonly JoinGroup[];
  private readonly outgoing = new Map<string, GraphEdge[]>();
  private readonly tests = new Map<GraphEdge, EdgeTest>();

  constructor(private readonly graph: GraphTeam<EnginePart>) {
    const incoming = new Map<string, Map<string | undefined, GraphEdge[]>>();
    for (const edge of graph.edges) {
      append(this.outgoing, edge.from, edge);
      const groups = incoming.get(edge.to) ?? new Map<string | undefined, GraphEdge[]>();
      incoming.set(edge.to, groups);
      append(groups, edge.group, edge);
      if (edge.when && !('otherwise' in edge.when)) {
        this.tests.set(edge, edgeTest(edge.when));
      }
    }
    this.groups = graph.nodes.flatMap(({ id, join }) =>
      [...(incoming.get(id)?.values() ?? [])].map((edges) => ({ node: id, join, edges })),
    );
  }

  /** Where it begins, in the order of the nodes. */
  start(): string[] {
    const { nodes, edges, start } = this.graph;
    const named = start && new Set(start);
    const reached = new Set(edges.map(({ to }) => to));
    return nodes.map(({ id }) => id).filter((id) => (named ? named.has(id) : !reached.has(id)));
  }

  isLeaf(node: string): boolean {
    return !this.outgoing.has(node);
  }

  /** The edges that are taken after a move. */
  openEdges(move: Move): GraphEdge[] {
    const edges = this.outgoing.get(move.member) ?? [];
    const open = edges.filter((edge) => edge.when === undefined || this.tests.get(edge)?.(move) === true);
    return open.length > 0 ? open : edges.filter(({ when }) => when && 'otherwise' in when);
  }

  /** Whether edges lead from one node to the other, whatever their conditions. */
  leadsTo(from: string, to: string): boolean {
    const reached = new Set<string>();
    const open = [from];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      for (const edge of this.outgoing.get(node) ?? []) {
        if (edge.to === to) {
          return true;
        }
        if (!reached.has(edge.to)) {
          reached.add(edge.to);
          open.push(edge.to);
        }
      }
    }
    return false;
  }
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) {
    list.push(value);
  } else {
    lists.set(key, [value]);
  }
}
