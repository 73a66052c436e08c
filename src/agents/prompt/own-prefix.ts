import { type MarkerNode, markerTree } from './marker-tree';

/**
 * Strips marks of the speaker from the beginning of an answer, as often as they are repeated: small models echo the
 * form `Name: text` in which their prompt shows the others. Whitespace before and between is passed on.
 */
export class OwnPrefix {
  private readonly root: MarkerNode;
  private node: MarkerNode;
  private held = '';
  private done = false;

  constructor(marks: readonly string[]) {
    this.root = markerTree(marks);
    this.node = this.root;
  }

  push(text: string): string {
    if (this.done) {
      return text;
    }
    let out = '';
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charAt(at);
      const next = this.node.next.get(unit);
      if (next !== undefined) {
        this.advance(next, unit);
      } else if (this.held === '' && unit.trim() === '') {
        out += unit;
      } else {
        return out + this.end() + text.slice(at);
      }
    }
    return out;
  }

  /** Nothing more is stripped; what was held back is text. */
  end(): string {
    const { held } = this;
    this.done = true;
    this.held = '';
    return held;
  }

  private advance(next: MarkerNode, unit: string): void {
    const complete = next.marker !== null;
    this.node = complete ? this.root : next;
    this.held = complete ? '' : this.held + unit;
  }
}
