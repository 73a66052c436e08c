import { deriveSeed, pick } from './seed';

describe('deriveSeed', () => {
  // Worked out apart from this code: the first 31 bits of the SHA-256 of `[42,"1",1,"reply"]` and so on.
  it.each<[number, string | number, number, string, number]>([
    [0, 1, 1, 'reply', 1_723_214_832],
    [42, 1, 1, 'reply', 614_577_915],
    [42, 1, 2, 'reply', 1_232_547_356],
    [42, 2, 1, 'reply', 1_700_495_093],
    [42, 1, 1, 'selector', 1_388_153_044],
    [2_147_483_647, 'item-ä', 100, 'fallback', 958_813_549],
  ])('is pinned: root %d, conversation %s, turn %d, %s → %d', (root, conversation, turn, purpose, seed) => {
    expect(deriveSeed(root, conversation, turn, purpose)).toBe(seed);
  });

  it('is the same for a key as number and as text', () => {
    expect(deriveSeed(42, '7', 1, 'reply')).toBe(deriveSeed(42, 7, 1, 'reply'));
  });

  it('keeps its parts apart', () => {
    const seeds = [
      deriveSeed(1, 11, 1, 'x'),
      deriveSeed(11, 1, 1, 'x'),
      deriveSeed(1, 1, 11, 'x'),
      deriveSeed(1, '1,1', 1, 'x'),
    ];
    expect(new Set(seeds).size).toBe(seeds.length);
  });

  it('has 31 bits, spread over their range', () => {
    const seeds = Array.from({ length: 2_000 }, (_item, turn) => deriveSeed(42, 1, turn, 'reply'));
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31)).toBe(true);
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(seeds.filter((seed) => seed >= 2 ** 30).length).toBeGreaterThan(900);
    expect(seeds.filter((seed) => seed >= 2 ** 30).length).toBeLessThan(1_100);
  });
});

describe('pick', () => {
  it('takes each of n about as often', () => {
    const counts = [0, 0, 0];
    for (let turn = 0; turn < 3_000; turn += 1) {
      const choice = pick(deriveSeed(42, 1, turn, 'fallback'), 3);
      counts[choice] = (counts[choice] ?? 0) + 1;
    }
    expect(counts).toHaveLength(3);
    expect(Math.min(...counts)).toBeGreaterThan(900);
  });

  it.each([
    [0, 3, 0],
    [5, 3, 2],
    [-1, 3, 2],
    [7, 1, 0],
  ])('pick(%d, %d) is %d', (seed, n, expected) => {
    expect(pick(seed, n)).toBe(expected);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses to pick from %d', (n) => {
    expect(() => pick(1, n)).toThrow(RangeError);
  });
});
