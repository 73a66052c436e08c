import * as fc from 'fast-check';
import { hasShare, instantRunOff, mostVotes, type Tally, type Vote } from './panel-tally';

const OPTIONS = ['A', 'B', 'C', 'D'];

/** Votes in short form: `3 ABC` = three votes for A before B before C; `2` = two abstentions. */
const votes = (...parts: string[]): Vote[] =>
  parts.flatMap((part) => {
    const [count = '1', ranking = ''] = part.split(' ');
    return Array.from({ length: Number(count) }, () => ({ ranking: ranking.split(''), weight: 1 }));
  });

const shown = ({ counts, ...tally }: Tally) => ({ ...tally, counts: Object.fromEntries(counts) });

describe('mostVotes', () => {
  it('counts first preferences only', () => {
    expect(shown(mostVotes(OPTIONS, votes('2 BA', '1 AB', '1 C')))).toEqual({
      counts: { A: 1, B: 2, C: 1, D: 0 },
      cast: 4,
      leaders: ['B'],
    });
  });

  it('has several leaders on a tie, in the order of the options', () => {
    expect(mostVotes(OPTIONS, votes('2 C', '2 A', '1 B')).leaders).toEqual(['A', 'C']);
  });

  it('counts no abstentions and no votes for what is no option', () => {
    const tally = mostVotes(OPTIONS, votes('3', '2 Z', '1 A'));
    expect(tally).toMatchObject({ cast: 1, leaders: ['A'] });
  });

  it('takes the first option of a vote that names others, too', () => {
    expect(mostVotes(OPTIONS, votes('1 ZB')).leaders).toEqual(['B']);
  });

  it.each([
    ['nobody votes', []],
    ['all abstain', votes('3')],
    ['no vote has weight', [{ ranking: ['A'], weight: 0 }]],
  ])('has no leaders when %s', (_what, cast) => {
    expect(mostVotes(OPTIONS, cast)).toMatchObject({ cast: 0, leaders: [] });
  });

  it('counts by weight; weight 0 is no vote', () => {
    const weighted = [
      { ranking: ['A'], weight: 0 },
      { ranking: ['B'], weight: 0.5 },
      { ranking: ['C'], weight: 2.5 },
    ];
    expect(shown(mostVotes(OPTIONS, weighted))).toEqual({
      counts: { A: 0, B: 0.5, C: 2.5, D: 0 },
      cast: 3,
      leaders: ['C'],
    });
  });

  it('sees a tie of weights that sum to the same but for rounding', () => {
    const weighted = [
      { ranking: ['A'], weight: 0.1 },
      { ranking: ['A'], weight: 0.2 },
      { ranking: ['B'], weight: 0.3 },
    ];
    expect(mostVotes(OPTIONS, weighted).leaders).toEqual(['A', 'B']);
  });
});

describe('hasShare', () => {
  it.each<[string[], number, boolean]>([
    [['3 A', '2 B'], 0, true],
    [['3 A', '2 B'], 0.6, true],
    [['3 A', '2 B'], 0.61, false],
    [['3 A', '2 B', '5'], 0.6, true],
    [['2 A', '2 B'], 0.5, true],
    [['1 A', '1 B', '1 C'], 1 / 3, true],
    [['4 A'], 1, true],
    [['2'], 0, false],
    [[], 0, false],
  ])('of %j with a threshold of %d is %j', (parts, threshold, expected) => {
    expect(hasShare(mostVotes(OPTIONS, votes(...parts)), threshold)).toBe(expected);
  });
});

describe('instantRunOff', () => {
  const runOff = (parts: string[], threshold = 0) =>
    shown(instantRunOff(OPTIONS, votes(...parts), threshold));

  it('ends at once with a majority of first preferences', () => {
    expect(runOff(['3 AB', '1 B', '1 C'])).toEqual({
      counts: { A: 3, B: 1, C: 1, D: 0 },
      cast: 5,
      leaders: ['A'],
    });
  });

  it('takes half of the votes for no majority', () => {
    expect(runOff(['2 A', '1 BC', '1 CB'])).toEqual({ counts: { A: 2, B: 2 }, cast: 4, leaders: ['A', 'B'] });
  });

  it('hands the votes of the last one on, so that the leader of the first count may lose', () => {
    expect(runOff(['4 A', '3 B', '2 CB'])).toEqual({ counts: { A: 4, B: 5 }, cast: 9, leaders: ['B'] });
  });

  it('passes over options that are out already', () => {
    // D goes first, then C, whose votes name D before B.
    expect(runOff(['4 A', '3 B', '2 CDB', '1 DC'])).toEqual({
      counts: { A: 4, B: 5 },
      cast: 10,
      leaders: ['B'],
    });
  });

  it('leaves out the one with fewer votes in the counts before, of those that are last', () => {
    // D goes first. Then B and C have 3 each, but C had 2 before: it goes, and its votes make A win.
    expect(runOff(['4 A', '3 BC', '2 CA', '1 DC'])).toMatchObject({
      counts: { A: 6, B: 3 },
      leaders: ['A'],
    });
    // The other way round: B had 2 before.
    expect(runOff(['4 A', '2 BA', '3 CB', '1 DB'])).toMatchObject({
      counts: { A: 6, C: 3 },
      leaders: ['A'],
    });
  });

  it('leaves out the last in order of those that were always last', () => {
    expect(runOff(['3 A', '2 BA', '2 CB'])).toMatchObject({ counts: { A: 3, B: 4 }, leaders: ['B'] });
  });

  it('is a tie when all that are left have equally many', () => {
    expect(runOff(['1 ABC', '1 BCA', '1 CAB'])).toMatchObject({ leaders: ['A', 'B', 'C'] });
    expect(runOff(['1 A', '1 B', '1 C', '1 D'])).toMatchObject({ leaders: OPTIONS });
  });

  it('goes on without votes whose options are all out; they stay votes cast', () => {
    expect(runOff(['3 A', '2 B', '2 C'])).toEqual({ counts: { A: 3, B: 2 }, cast: 7, leaders: ['A'] });
    expect(hasShare(instantRunOff(OPTIONS, votes('3 A', '2 B', '2 C'), 0), 0.5)).toBe(false);
  });

  it('goes on after a majority that is below the threshold, as long as votes can still be won', () => {
    const parts = ['6 A', '2 B', '2 CA'];
    expect(runOff(parts)).toMatchObject({ counts: { A: 6, B: 2, C: 2 } });
    expect(runOff(parts, 0.75)).toEqual({ counts: { A: 8, B: 2 }, cast: 10, leaders: ['A'] });
  });

  it('does not count an option twice that a vote names twice', () => {
    expect(runOff(['1 AABB'])).toMatchObject({ counts: { A: 1 }, cast: 1 });
  });

  it.each([[[]], [['3']], [['2 ZY']]])('has no leaders when nobody votes: %j', (parts) => {
    expect(runOff(parts)).toMatchObject({ cast: 0, leaders: [] });
  });

  it('has the only option as its leader', () => {
    expect(instantRunOff(['A'], votes('1 A', '2'), 0)).toMatchObject({ cast: 1, leaders: ['A'] });
  });

  const ranking = fc.shuffledSubarray(OPTIONS, { minLength: 0 });
  const anyVotes = fc.array(fc.record({ ranking, weight: fc.integer({ min: 0, max: 3 }) }), {
    maxLength: 12,
  });

  it('does not depend on the order of the votes', () => {
    fc.assert(
      fc.property(anyVotes, fc.double({ min: 0, max: 1, noNaN: true }), (cast, threshold) => {
        const there = shown(instantRunOff(OPTIONS, cast, threshold));
        expect(shown(instantRunOff(OPTIONS, cast.toReversed(), threshold))).toEqual(there);
      }),
    );
  });

  it('never makes an option win that loses to each other one in pairs', () => {
    fc.assert(
      fc.property(anyVotes, (cast) => {
        const { leaders } = instantRunOff(OPTIONS, cast, 0);
        const prefers = (one: string, other: string) =>
          cast
            .filter((vote) => vote.ranking.find((option) => option === one || option === other) === one)
            .reduce((sum, { weight }) => sum + weight, 0);
        const losesAll = (one: string) =>
          OPTIONS.every((other) => other === one || prefers(one, other) < prefers(other, one));
        expect(leaders.length === 1 && losesAll(leaders[0] ?? '')).toBe(false);
      }),
    );
  });
});
