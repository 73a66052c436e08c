/**
 * A graph as clients write it, in short form: nodes are letters, `AB` is an edge from A to B, `AB?` one with a condition, `AB:`
 * one that is taken otherwise.
 */
export const graph = (ids: string, edges: readonly string[], more: object = {}) => ({
  type: 'graph',
  nodes: [...ids].map((id) => ({ id })),
  edges: edges.map(([from, to, when]) => ({
    from,
    to,
    ...(when === '?' ? { when: { contains: 'x' } } : {}),
    ...(when === ':' ? { when: { otherwise: true } } : {}),
  })),
  ...more,
});
