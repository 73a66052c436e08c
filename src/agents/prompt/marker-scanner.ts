import { type MarkerNode, markerTree } from './marker-tree';

export type Piece =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'marker'; readonly marker: string };

/**
 * Finds markers in a stream, wherever its chunks are split. All markers start with `first`, which occurs nowhere else
 * in them; so at most one marker is in question at a time, and only its beginning is ever held back.
 */
export class MarkerScanner {
  private readonly root: MarkerNode;
  /** How far the marker in question has been met; null = none is. */
  private node: MarkerNode | null = null;
  private held = '';

  /** @param rests what follows `first` in each marker; pieces name a marker by this. */
  constructor(
    private readonly first: string,
    rests: Iterable<string>,
  ) {
    this.root = markerTree(rests);
  }

  /** Takes the next chunk and returns what is decided by now, in order. */
  push(chunk: string): Piece[] {
    const data = this.held + chunk;
    const pieces: Piece[] = [];
    let decided = 0;
    let markerAt = 0;
    let at = this.held.length;
    while (at < data.length) {
      if (this.node === null) {
        markerAt = data.indexOf(this.first, at);
        if (markerAt === -1) {
          break;
        }
        this.node = this.root;
        at = markerAt + 1;
        continue;
      }
      const node = this.node.next.get(data.charAt(at));
      if (node === undefined) {
        // The unit is looked at once more: it may start the next marker.
        this.node = null;
        continue;
      }
      at += 1;
      this.node = node;
      if (node.marker !== null) {
        pieces.push(...textPiece(data.slice(decided, markerAt)), { kind: 'marker', marker: node.marker });
        decided = at;
        this.node = null;
      }
    }
    const end = this.node === null ? data.length : markerAt;
    this.held = data.slice(end);
    return [...pieces, ...textPiece(data.slice(decided, end))];
  }

  /** The stream is over: what was held back is text. */
  end(): Piece[] {
    const rest = textPiece(this.held);
    this.held = '';
    this.node = null;
    return rest;
  }
}

function textPiece(text: string): Piece[] {
  return text === '' ? [] : [{ kind: 'text', text }];
}
