/** Markers as a tree with one step per UTF-16 unit: matching costs the same however many markers there are. */
export interface MarkerNode {
  readonly next: Map<string, MarkerNode>;
  /** The marker that ends here. */
  marker: string | null;
}

/** The ways in which small models put a name in front of a line: as their prompt has it, in bold type, in brackets. */
export function nameMarkers(name: string): string[] {
  return [`${name}:`, `**${name}:**`, `**${name}**:`, `[${name}]:`];
}

/** Builds the tree; a marker that starts with another one is never reached, the shorter one counts. */
export function markerTree(markers: Iterable<string>): MarkerNode {
  const root: MarkerNode = { next: new Map(), marker: null };
  for (const marker of markers) {
    let node = root;
    // By unit, not by character: a stream is matched by unit, too.
    for (let at = 0; at < marker.length; at += 1) {
      const unit = marker.charAt(at);
      const child = node.next.get(unit) ?? { next: new Map(), marker: null };
      node.next.set(unit, child);
      node = child;
    }
    node.marker = marker;
  }
  return root;
}
