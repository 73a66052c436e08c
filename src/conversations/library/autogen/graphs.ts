import { isPlainObject } from '../../../common/validation/unsafe-values';
import { type Component, type Fields, listOf, textOf } from './component';
import { type Mapping } from './mapping';

interface Edge {
  readonly edge: {
    readonly from: string;
    readonly to: string;
    readonly when?: { readonly contains: string };
    readonly group?: string;
  };
  /** How the group of the edge joins. */
  readonly joins: 'all' | 'any';
}

/** Nodes and edges of a graph; who is not among the participants is left out. */
export function graphOf(
  component: Component,
  participants: ReadonlyMap<string, unknown>,
  mapping: Mapping,
): object {
  const { graph } = component.config;
  const nodes = isPlainObject(graph) && isPlainObject(graph['nodes']) ? graph['nodes'] : {};
  const edges = Object.entries(nodes)
    .filter(([name]) => participants.has(name))
    .flatMap(([from, node]) => edgesOf(from, isPlainObject(node) ? node : {}))
    .filter(({ edge }) => participants.has(edge.to));
  for (const from of new Set(edges.flatMap(({ edge }) => (edge.when ? [edge.from] : [])))) {
    mapping.lacks(
      component,
      `when no condition of '${from}' holds, the run ends there without a word, here with the error NO_OPEN_EDGE`,
      `graph/nodes/${from}`,
    );
  }
  const start = textOf(isPlainObject(graph) ? graph['default_start_node'] : null);
  return {
    type: 'graph',
    nodes: [...participants].map(([id, run]) => ({
      id,
      ...(run === id ? {} : { run }),
      join: joinOf(component, id, edges, mapping),
    })),
    edges: edges.map(({ edge }) => edge),
    ...(start === null ? {} : { start: [start] }),
  };
}

function edgesOf(from: string, node: Fields): Edge[] {
  return listOf(node['edges'])
    .filter(isPlainObject)
    .flatMap((edge): Edge[] => {
      const to = textOf(edge['target']);
      const contains = textOf(edge['condition']);
      const group = textOf(edge['activation_group']);
      return to === null
        ? []
        : [
            {
              edge: {
                from,
                to,
                ...(contains === null ? {} : { when: { contains } }),
                ...(group === null || group === to ? {} : { group }),
              },
              joins: edge['activation_condition'] === 'any' ? 'any' : 'all',
            },
          ];
    });
}

function joinOf(component: Component, node: string, edges: readonly Edge[], mapping: Mapping): 'all' | 'any' {
  const ways = new Set(edges.filter(({ edge }) => edge.to === node).map(({ joins }) => joins));
  if (ways.size > 1) {
    mapping.lacks(
      component,
      `groups of edges that lead to '${node}' join in different ways: here all of them wait`,
      `graph/nodes/${node}`,
    );
  }
  return ways.size === 1 && ways.has('any') ? 'any' : 'all';
}
