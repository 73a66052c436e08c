import { MarkerScanner } from './marker-scanner';

const scan = (chunks: readonly string[]): string => {
  const scanner = new MarkerScanner('\n', ['Bob:', 'Bo:', 'Bobby:', 'a.*b:']);
  return [...chunks.flatMap((chunk) => scanner.push(chunk)), ...scanner.end()]
    .map((piece) => (piece.kind === 'text' ? piece.text : `[${piece.marker}]`))
    .join('');
};

describe('MarkerScanner', () => {
  it.each([
    ['one marker', 'x\nBob: y', 'x[Bob:] y'],
    ['a shorter marker with the same beginning', 'x\nBo:b', 'x[Bo:]b'],
    ['a longer marker with the same beginning', 'x\nBobby:', 'x[Bobby:]'],
    ['a marker right after half of one', '\nBo\nBob:', '\nBo[Bob:]'],
    ['several line breaks before a marker', '\n\n\nBob:', '\n\n[Bob:]'],
    ['two markers next to each other', '\nBob:\nBo:', '[Bob:][Bo:]'],
    ['a marker with the signs of patterns', '\naxxb:\na.*b:', '\naxxb:[a.*b:]'],
    ['half a marker at the end', 'x\nBob', 'x\nBob'],
    ['a marker amid a line', 'x Bob: y', 'x Bob: y'],
  ])('finds %s, in one chunk or in many', (_what, raw, expected) => {
    expect(scan([raw])).toBe(expected);
    expect(scan(raw.split(''))).toBe(expected);
  });

  it('hands on at once whatever cannot be a marker any more', () => {
    const scanner = new MarkerScanner('\n', ['Bob:']);
    expect(scanner.push('x\nBo')).toEqual([{ kind: 'text', text: 'x' }]);
    expect(scanner.push('x')).toEqual([{ kind: 'text', text: '\nBox' }]);
  });
});
