/** Where a screen writes to; `process.stdout` fits. */
interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const DEFAULT_COLUMNS = 80;
/** Longer lines are hard to read. */
const MAX_TEXT_COLUMNS = 100;
const MIN_TEXT_COLUMNS = 20;

const CLEAR_LINE = '\r\u001b[2K';
// Control characters are what it looks for.
// eslint-disable-next-line no-control-regex
const COLOUR_CODES = /\u001b\[[\d;]*m/g;

/**
 * Text that grows, with one line below it that is rewritten in place (on a terminal only). For that the text must
 * fit: while the line stands there, no line of the text may be longer than `textWidth`.
 */
export class Screen {
  /** Column of the end of the text. */
  private column = 0;
  private status = '';
  private isClosed = false;

  constructor(private readonly output: Output) {}

  get isTerminal(): boolean {
    return this.output.isTTY === true;
  }

  /** Columns that a line of text may have. One stays free: a full line ends differently on every terminal. */
  get textWidth(): number {
    return Math.max(MIN_TEXT_COLUMNS, Math.min(MAX_TEXT_COLUMNS, this.columns - 1));
  }

  print(text: string): void {
    if (text !== '') {
      this.update(text, this.status);
    }
  }

  /** Shows a line below the text; an empty one takes it away. */
  showStatus(status: string): void {
    if (this.isTerminal && status !== this.status) {
      this.update('', status);
    }
  }

  /** Takes the line away, ends the text, and shows nothing from then on. */
  close(): void {
    this.showStatus('');
    this.print(this.column > 0 ? '\n' : '');
    this.isClosed = true;
  }

  /** One write for all, so that nothing flickers. */
  private update(text: string, status: string): void {
    if (this.isClosed) {
      return;
    }
    const back = this.column === 0 ? '' : `\u001b[${this.column}C`;
    const clear = this.status === '' ? '' : `${CLEAR_LINE}\u001b[1A${back}`;
    const plain = text.replace(COLOUR_CODES, '');
    const lastLine = plain.slice(plain.lastIndexOf('\n') + 1);
    this.column = (plain.includes('\n') ? 0 : this.column) + Array.from(lastLine).length;
    this.status = status;
    this.output.write(clear + text + (status === '' ? '' : `\n${this.fitting(status)}`));
  }

  private fitting(status: string): string {
    const plain = Array.from(status.replace(COLOUR_CODES, ''));
    return plain.length < this.columns ? status : plain.slice(0, this.columns - 1).join('');
  }

  /** A terminal that does not know its size says 0. */
  private get columns(): number {
    return this.output.columns || DEFAULT_COLUMNS;
  }
}
