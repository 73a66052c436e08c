/** Never belongs into a text on a terminal: a model could move the cursor or change colours with it. Line breaks and tabs stay. */
// Control characters are what it looks for.
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * Breaks a text that arrives in pieces into lines, between words. A word is held back until it is complete, since
 * only then it is known on which line it goes. One character counts as one column.
 */
export class WordWrap {
  private word = '';
  private gap = '';
  private column = 0;

  constructor(
    /** Columns of a line, asked for anew with every word: the user may change the size of the window. */
    private readonly width: () => number,
    private readonly indent = '',
  ) {}

  /** Takes the next piece of the text; gives what can be printed of it. */
  push(text: string): string {
    let out = '';
    for (const character of text.replace(CONTROLS, '')) {
      if (character === '\n') {
        out += `${this.flush()}\n`;
        this.column = 0;
        this.gap = '';
      } else if (character === ' ' || character === '\t') {
        out += this.flush();
        this.gap += ' ';
      } else {
        this.word += character;
        out += this.isFull() ? this.flush() : '';
      }
    }
    return out;
  }

  /** Gives the word that was held back. */
  flush(): string {
    if (this.word === '') {
      return '';
    }
    const length = columns(this.word);
    const breaks = this.column > 0 && this.column + this.gap.length + length > this.width();
    let before = this.column === 0 ? this.indent : this.gap;
    if (breaks) {
      before = `\n${this.indent}`;
    }
    const out = before + this.word;
    this.column = (breaks || this.column === 0 ? this.indent.length : this.column + this.gap.length) + length;
    this.word = '';
    this.gap = '';
    return out;
  }

  /** Whether the word fills a line: longer ones are cut. */
  private isFull(): boolean {
    return columns(this.word) >= Math.max(1, this.width() - this.indent.length);
  }
}

/** A whole text in lines. */
export function wrapText(text: string, width: number, indent = ''): string {
  const wrap = new WordWrap(() => width, indent);
  return wrap.push(text) + wrap.flush();
}

function columns(text: string): number {
  return Array.from(text).length;
}
