import { WordWrap, wrapText } from './word-wrap';

const TEXT = 'A clear goal beats an ambitious one.\n\nWe start small, then we grow.';

/** The same text in pieces of one size. */
function wrapInPieces(text: string, size: number, width: number): string {
  const wrap = new WordWrap(() => width);
  let out = '';
  for (let at = 0; at < text.length; at += size) {
    out += wrap.push(text.slice(at, at + size));
  }
  return out + wrap.flush();
}

describe('WordWrap', () => {
  it('breaks lines between words only and keeps the line breaks of the text', () => {
    expect(wrapText(TEXT, 20)).toBe(
      'A clear goal beats\nan ambitious one.\n\nWe start small, then\nwe grow.',
    );
  });

  it.each([1, 2, 3, 7, 100])('gives the same lines for pieces of %i characters', (size) => {
    expect(wrapInPieces(TEXT, size, 20)).toBe(wrapText(TEXT, 20));
  });

  it('holds a word back until it is complete', () => {
    const wrap = new WordWrap(() => 20);

    expect(wrap.push('One tw')).toBe('One');
    expect(wrap.push('o')).toBe('');
    expect(wrap.push(' ')).toBe(' two');
    expect(wrap.flush()).toBe('');
  });

  it('indents every line, within the width', () => {
    expect(wrapText('one two three\nfour', 9, '  ')).toBe('  one two\n  three\n  four');
  });

  it('cuts words that are longer than a line', () => {
    expect(wrapText('see abcdefghijkl ok', 5)).toBe('see\nabcde\nfghij\nkl ok');
  });

  it('follows a change of the width', () => {
    let width = 20;
    const wrap = new WordWrap(() => width);
    const before = wrap.push('one two three ');
    width = 8;

    expect(before + wrap.push('four five six ')).toBe('one two three\nfour\nfive six');
  });

  it('drops control characters, so that a text cannot steer the terminal', () => {
    expect(wrapText('a\u001b[2Jb\u0007 c\r\td\u202e', 20)).toBe('a[2Jb c d');
  });
});
