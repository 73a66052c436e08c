import { Screen } from './screen';

/** As much of a terminal as the screen uses: text, line breaks, up, right, clear line. */
class FakeTerminal {
  readonly isTTY = true;
  columns = 40;
  private readonly rows: string[] = [''];
  private row = 0;
  private column = 0;

  write(text: string): void {
    // Control sequences are what it looks for.
    // eslint-disable-next-line no-control-regex
    for (const [part] of text.matchAll(/\u001b\[(\d+)?[A-Za-z]|[^]/g)) {
      this.take(part);
    }
  }

  get text(): string {
    return this.rows.join('\n');
  }

  private take(part: string): void {
    const count = parseInt(part.slice(2), 10);
    if (part === '\n') {
      this.row += 1;
      this.column = 0;
      this.rows[this.row] ??= '';
    } else if (part === '\r') {
      this.column = 0;
    } else if (part.endsWith('A') && part.length > 1) {
      this.row -= count;
    } else if (part.endsWith('C') && part.length > 1) {
      this.column += count;
    } else if (part === '\u001b[2K') {
      this.rows[this.row] = '';
    } else if (part.length === 1) {
      const row = this.rows[this.row] ?? '';
      this.rows[this.row] = row.slice(0, this.column).padEnd(this.column) + part + row.slice(this.column + 1);
      this.column += 1;
    }
  }
}

describe('Screen', () => {
  it('lets text grow above a line that is rewritten', () => {
    const terminal = new FakeTerminal();
    const screen = new Screen(terminal);
    screen.print('Iris\n');
    screen.showStatus('0:00');
    screen.print('  Hello');
    screen.print(' you');
    screen.showStatus('0:01');
    expect(terminal.text).toBe('Iris\n  Hello you\n0:01');

    screen.print('\n\nBruno\n');
    expect(terminal.text).toBe('Iris\n  Hello you\n\nBruno\n\n0:01');
  });

  it('goes on where the text ended when the line is taken away', () => {
    const terminal = new FakeTerminal();
    const screen = new Screen(terminal);
    screen.print('\u001b[33mOne\u001b[0m');
    screen.showStatus('busy');
    screen.showStatus('');
    screen.print(' two');

    // The fake shows colour codes as nothing, as a terminal does.
    expect(terminal.text).toBe('One two\n');
  });

  it('shows nothing any more once it is closed', () => {
    const terminal = new FakeTerminal();
    const screen = new Screen(terminal);
    screen.print('One');
    screen.showStatus('busy');
    screen.close();
    screen.print('two');
    screen.showStatus('busy');

    expect(terminal.text).toBe('One\n');
  });

  it('cuts the line to the width of the terminal', () => {
    const terminal = new FakeTerminal();
    terminal.columns = 6;
    new Screen(terminal).showStatus('123456789');

    expect(terminal.text).toBe('\n12345');
  });

  it('writes text only where there is no terminal', () => {
    const written: string[] = [];
    const screen = new Screen({ write: (text) => written.push(text) });
    screen.showStatus('0:00');
    screen.print('Hello');

    expect(written).toEqual(['Hello']);
  });

  it.each([
    [undefined, 80 - 1],
    [0, 80 - 1],
    [60, 59],
    [10, 20],
    [300, 100],
  ])('of %p columns has lines of %i', (columns, width) => {
    expect(new Screen({ columns, write: () => true }).textWidth).toBe(width);
  });
});
