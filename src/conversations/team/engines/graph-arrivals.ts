import { type GraphEdge } from '../definition/team-definition';
import { type GraphMap, type JoinGroup } from './graph-map';

/** What has arrived at the nodes of a graph along their incoming edges and has not let them run yet. */
export class Arrivals {
  private readonly waiting = new Map<GraphEdge, number>();

  constructor(private readonly map: GraphMap) {}

  add(edges: readonly GraphEdge[]): void {
    for (const edge of edges) {
      this.waiting.set(edge, this.countOf(edge) + 1);
    }
  }

  /**
   * The nodes that run next, in the order of the graph; what lets them run is used up. A node runs once in a step, however
   * many of its groups are complete. One arrival of each edge of the group is used up;
   * what arrives later lets the node run again.
   *
   * When nobody can run but some joins have received a part, their other branches were not taken: they run with what they
   * have, so that a branch not taken never blocks. Those wait on to which another waiting join leads, since it may still bring
   * them their missing part; of waiting joins in a circle the first in the order of the graph runs.
   */
  takeReady(): string[] {
    const complete = this.map.groups.filter((group) => this.isComplete(group));
    if (complete.length > 0) {
      for (const group of complete) {
        this.use(group);
      }
      return nodesOf(complete);
    }
    const partial = this.map.groups.filter(({ edges }) => edges.some((edge) => this.countOf(edge) > 0));
    const chosen = this.frontOf(nodesOf(partial));
    for (const group of partial.filter(({ node }) => chosen.includes(node))) {
      this.use(group);
    }
    return chosen;
  }

  /** Of waiting nodes those for which no other is worth waiting. */
  private frontOf(nodes: readonly string[]): string[] {
    const leads = (from: string, to: string) => from !== to && this.map.leadsTo(from, to);
    const front = nodes.filter((node) => nodes.every((other) => !leads(other, node) || leads(node, other)));
    return front.filter((node, index) => front.slice(0, index).every((earlier) => !leads(earlier, node)));
  }

  private isComplete({ join, edges }: JoinGroup): boolean {
    const hasArrived = (edge: GraphEdge) => this.countOf(edge) > 0;
    return join === 'any' ? edges.some(hasArrived) : edges.every(hasArrived);
  }

  private use({ edges }: JoinGroup): void {
    for (const edge of edges) {
      this.waiting.set(edge, Math.max(this.countOf(edge) - 1, 0));
    }
  }

  private countOf(edge: GraphEdge): number {
    return this.waiting.get(edge) ?? 0;
  }
}

function nodesOf(groups: readonly JoinGroup[]): string[] {
  return [...new Set(groups.map(({ node }) => node))];
}
