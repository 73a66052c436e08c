import { loadsIn, scheduledLoads, type SchedulingInput, sumOfLoads } from './loads';

describe('the loads of models', () => {
  it.each<[string, string[], number, Record<string, number>]>([
    ['one model is loaded once', ['a', 'a', 'a'], 5, { a: 1 }],
    ['two in turn are loaded for each call', ['a', 'b', 'a', 'b'], 3, { a: 6, b: 6 }],
    [
      'the last model of a run is there for the first call of the next',
      ['a', 'b', 'b', 'a'],
      3,
      { a: 4, b: 3 },
    ],
    ['names of one model are one', ['a', 'a:latest', 'A'], 2, { a: 1 }],
    ['no calls load nothing', [], 2, {}],
  ])('%s', (_what, models, runs, expected) => {
    expect(Object.fromEntries([...loadsIn(models, runs)].filter(([, count]) => count > 0))).toEqual(expected);
  });
});

describe('the loads of models when the calls of open runs are scheduled together', () => {
  const alternating = ['one', 'two', 'one', 'two', 'one', 'two', 'one', 'two'];
  const loads = (
    models: readonly string[],
    runs: number,
    { callSeconds = null, ...changes }: Partial<SchedulingInput> & { callSeconds?: number | null },
  ) =>
    Object.fromEntries(
      scheduledLoads(models, runs, callSeconds, {
        parallelism: Math.min(64, runs),
        fitTogether: false,
        slots: 1,
        maxWaitSeconds: 60,
        ...changes,
      }),
    );

  it('are those of one run when all runs are open', () => {
    expect(sumOfLoads(loadsIn(alternating, 50))).toBe(400);
    expect(loads(alternating, 50, {})).toEqual({ one: 4, two: 4 });
  });

  it.each([
    [1, 400],
    [10, 5 * 8],
    [20, 3 * 8],
    [49, 2 * 8],
  ])('are those of one run for every batch of %d runs', (parallelism, expected) => {
    const { one = 0, two = 0 } = loads(alternating, 50, { parallelism });
    expect(one + two).toBe(expected);
  });

  it('are one for each model when all fit into the memory', () => {
    expect(loads(['one', 'two', 'One:latest', 'three', 'two'], 50, { fitTogether: true })).toEqual({
      one: 1,
      two: 1,
      three: 1,
    });
  });

  it.each<[string, number, number]>([
    ['no more when none waits longer than it may', 8 * 60, 8],
    ['more when others would wait too long', 20 * 60, 3 * 8],
    ['at most as many as run by run', 1_000 * 60, 400],
  ])('are %s', (_what, callSeconds, expected) => {
    const { one = 0, two = 0 } = loads(alternating, 50, { callSeconds });
    expect(one + two).toBe(expected);
  });

  it('are one for one model, however long its calls take', () => {
    expect(loads(['one', 'one'], 50, { callSeconds: 1_000_000 })).toEqual({ one: 1 });
  });
});
