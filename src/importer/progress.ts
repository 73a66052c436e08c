/** Where progress is shown; `process.stderr` fits. */
interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const CLEAR_LINE = '\r\u001b[2K';
const BAR_CELLS = 24;
const REDRAW_MS = 100;
/** Where nothing can be redrawn, a line is told this often. */
const LINE_MS = 5_000;

/** How far the import is: a bar on a terminal, now and then a line anywhere else. */
export class Progress {
  private total = 0;
  private done = 0;
  private shownAt: number;

  constructor(
    private readonly output: Output,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.shownAt = now();
  }

  /** Before the total is known. */
  looked(files: number): void {
    this.show(() => `Looking through the source: ${count(files)} files`);
  }

  /** @param total files to move */
  begin(total: number): void {
    this.total = total;
  }

  advance(files: number): void {
    this.done += files;
    this.show(() => this.text());
  }

  /** Takes the bar away. */
  end(): void {
    if (this.isTerminal) {
      this.output.write(CLEAR_LINE);
    }
  }

  private text(): string {
    const share = this.total === 0 ? 1 : Math.min(this.done / this.total, 1);
    const filled = Math.round(share * BAR_CELLS);
    const bar = this.isTerminal ? `[${'#'.repeat(filled)}${'.'.repeat(BAR_CELLS - filled)}] ` : 'Importing: ';
    return `${bar}${Math.floor(share * 100)} % · ${count(this.done)} of ${count(this.total)} files`;
  }

  private show(text: () => string): void {
    const now = this.now();
    if (now - this.shownAt >= (this.isTerminal ? REDRAW_MS : LINE_MS)) {
      this.shownAt = now;
      this.output.write(this.isTerminal ? CLEAR_LINE + text() : `${text()}\n`);
    }
  }

  private get isTerminal(): boolean {
    return this.output.isTTY === true;
  }
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
