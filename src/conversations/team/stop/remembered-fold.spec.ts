import { turns } from '../testing/turn-records';
import { RememberedFold } from './remembered-fold';

/** A fold that puts speakers one after the other, and notes each step that it takes. */
function speakers() {
  const taken: string[] = [];
  const fold = new RememberedFold<object, string>('', (_rule, state, records, index) => {
    const next = state + (records[index]?.speaker ?? '');
    taken.push(next);
    return next;
  });
  return { fold, taken };
}

describe('RememberedFold', () => {
  it('takes each step once, however often it is asked', () => {
    const { fold, taken } = speakers();
    const rule = {};
    const records = turns('A', 'B', 'C');
    for (let length = 0; length <= 3; length += 1) {
      expect(fold.after(rule, records.slice(0, length))).toBe('ABC'.slice(0, length));
    }
    expect(fold.after(rule, [...records])).toBe('ABC');
    expect(taken).toEqual(['A', 'AB', 'ABC']);
  });

  it('never mixes other turns or another order up with those it has seen', () => {
    const { fold } = speakers();
    const rule = {};
    const [a, b, c] = turns('A', 'B', 'C');
    const all = [a, b, c].filter((record) => record !== undefined);
    expect(fold.after(rule, all)).toBe('ABC');
    expect(fold.after(rule, all.toReversed())).toBe('CBA');
    expect(fold.after(rule, all.slice(1))).toBe('BC');
    expect(fold.after(rule, [...all.slice(0, 1), ...turns('D')])).toBe('AD');
    expect(fold.after(rule, all)).toBe('ABC');
  });

  it('keeps rules apart', () => {
    const { fold, taken } = speakers();
    const records = turns('A');
    fold.after({}, records);
    fold.after({}, records);
    expect(taken).toEqual(['A', 'A']);
  });
});
