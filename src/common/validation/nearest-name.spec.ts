import { editDistance, nearestName } from './nearest-name';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['same', 'same', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['temprature', 'temperature', 1],
    ['sede', 'seed', 1],
    ['ab', 'ba', 1],
  ])('finds the changes from %p to %p', (from, to, expected) => {
    expect(editDistance(from, to)).toBe(expected);
    expect(editDistance(to, from)).toBe(expected);
  });
});

describe('nearestName', () => {
  const known = ['temperature', 'top_p', 'top_k', 'seed', 'num_ctx'];

  it.each([
    ['temprature', 'temperature'],
    ['Temperature', 'temperature'],
    ['topP', 'top_p'],
    ['top-k', 'top_k'],
    ['numctx', 'num_ctx'],
    ['sed', 'seed'],
    ['colour', undefined],
    ['x'.repeat(1_000), undefined],
    ['', undefined],
  ])('takes %p for %p', (unknown, expected) => {
    expect(nearestName(unknown, known)).toBe(expected);
  });

  it('finds nothing where nothing is known', () => {
    expect(nearestName('seed', [])).toBeUndefined();
  });
});
