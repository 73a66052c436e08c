import { MarkerScanner, type Piece } from './marker-scanner';

/** A stretch of an answer. `unopened` stands for a closing tag that no opening one precedes. */
export type AnswerPart =
  { readonly kind: 'text' | 'thinking'; readonly text: string } | { readonly kind: 'unopened' };

const OPENING: ReadonlySet<string> = new Set(['think>', 'thinking>']);
const TAGS = ['think>', 'thinking>', '/think>', '/thinking>'];

/**
 * Parts thinking from text in a stream (`<think>…</think>`, `<thinking>…</thinking>`), wherever its chunks are split.
 * Tags do not nest, either closing tag closes, and thinking that is not closed lasts to the end. A tag right after a
 * backtick is text, and so is the tag that closes it, so that agents can talk about these tags; inside thinking a
 * closing tag always closes.
 */
export class ThinkSplitter {
  private readonly scanner = new MarkerScanner('<', TAGS);
  private thinking = false;
  private afterBacktick = false;
  private quotedOpen = false;
  private blocks = 0;

  push(chunk: string): AnswerPart[] {
    return this.scanner.push(chunk).map((piece) => this.part(piece));
  }

  end(): AnswerPart[] {
    return this.scanner.end().map((piece) => this.part(piece));
  }

  private part(piece: Piece): AnswerPart {
    if (piece.kind === 'text') {
      this.afterBacktick = piece.text.endsWith('`');
      return this.plain(piece.text);
    }
    const opens = OPENING.has(piece.marker);
    const isText = this.thinking ? opens : this.isQuoted(opens);
    this.afterBacktick = false;
    if (isText) {
      return this.plain(`<${piece.marker}`);
    }
    return opens ? this.open() : this.close();
  }

  private isQuoted(opens: boolean): boolean {
    const quoted = this.afterBacktick || (this.quotedOpen && !opens);
    this.quotedOpen = quoted && opens;
    return quoted;
  }

  private plain(text: string): AnswerPart {
    return { kind: this.thinking ? 'thinking' : 'text', text };
  }

  private open(): AnswerPart {
    this.thinking = true;
    this.blocks += 1;
    // A line break keeps the thoughts of several blocks apart.
    return { kind: 'thinking', text: this.blocks > 1 ? '\n' : '' };
  }

  private close(): AnswerPart {
    if (!this.thinking) {
      return { kind: 'unopened' };
    }
    this.thinking = false;
    return { kind: 'text', text: '' };
  }
}

/** A whole answer without its thinking; what precedes a closing tag that was never opened is thinking, too. */
export function withoutThinking(answer: string): string {
  const splitter = new ThinkSplitter();
  const parts = [...splitter.push(answer), ...splitter.end()];
  const unopened = parts.findLastIndex(({ kind }) => kind === 'unopened');
  return parts
    .slice(unopened + 1)
    .map((part) => (part.kind === 'text' ? part.text : ''))
    .join('')
    .trim();
}
