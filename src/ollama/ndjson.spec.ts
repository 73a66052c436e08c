import { LineSplitter, LineTooLongError } from './ndjson';

const MAX = 20;

/** All lines of a text that comes in pieces of `size` bytes. */
function linesOf(text: string, size: number): string[] {
  const splitter = new LineSplitter(MAX);
  const bytes = Buffer.from(text);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    lines.push(...splitter.push(bytes.subarray(at, at + size)));
  }
  const last = splitter.end();
  return last === null ? lines : [...lines, last];
}

describe('LineSplitter', () => {
  it.each([1, 2, 3, 5, 7, 1000])('gives the same lines however they are cut (%d bytes)', (size) => {
    expect(linesOf('one\nzwölf\n漢字🦙\n{"a":1}\n', size)).toEqual(['one', 'zwölf', '漢字🦙', '{"a":1}']);
  });

  it('gives several lines that come in one chunk, in order', () => {
    expect(new LineSplitter(MAX).push(Buffer.from('a\nb\nc\n'))).toEqual(['a', 'b', 'c']);
  });

  it('keeps a line back until its end has come', () => {
    const splitter = new LineSplitter(MAX);

    expect(splitter.push(Buffer.from('one\ntw'))).toEqual(['one']);
    expect(splitter.push(Buffer.from('o'))).toEqual([]);
    expect(splitter.push(Buffer.from('\n'))).toEqual(['two']);
    expect(splitter.end()).toBeNull();
  });

  it('gives the last line without a line end', () => {
    const splitter = new LineSplitter(MAX);

    expect(splitter.push(Buffer.from('one\nlast'))).toEqual(['one']);
    expect(splitter.end()).toBe('last');
    expect(splitter.end()).toBeNull();
  });

  it('shows a character that was cut off at the end instead of dropping it', () => {
    const splitter = new LineSplitter(MAX);
    splitter.push(Buffer.from('ö').subarray(0, 1));

    expect(splitter.end()).toBe('\ufffd');
  });

  it.each(['\n\n', ' \n', '\r\n'])('leaves blank lines out: %j', (blank) => {
    expect(linesOf(`${blank}a\n${blank}`, 1)).toEqual(['a']);
  });

  it.each([
    ['a whole line', ['x'.repeat(MAX + 1) + '\n']],
    ['a line without end', ['x'.repeat(MAX + 1)]],
    ['a line in small pieces', ['x'.repeat(MAX), 'x']],
    ['the rest after a line', ['a\n' + 'x'.repeat(MAX + 1)]],
  ])('refuses a line over the limit: %s', (_case, chunks) => {
    const splitter = new LineSplitter(MAX);

    expect(() => chunks.forEach((chunk) => splitter.push(Buffer.from(chunk)))).toThrow(LineTooLongError);
  });

  it('takes a line of exactly the limit', () => {
    expect(linesOf(`${'x'.repeat(MAX)}\n`, 3)).toEqual(['x'.repeat(MAX)]);
  });
});
