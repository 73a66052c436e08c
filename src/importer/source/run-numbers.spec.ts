import { isRunNumber, numberRuns } from './run-numbers';

const run = (
  path: string,
  claimed: number | null,
  createdAt: string | null = null,
  fileNumber: number | null = null,
) => ({ path, claimed, createdAt, fileNumber });
const numbers = (runs: ReturnType<typeof run>[]) =>
  numberRuns(runs).map(({ run: { path }, iteration }) => `${iteration} ${path}`);

describe(numberRuns, () => {
  it('takes the numbers that the runs say, in the order of numbers', () => {
    expect(numbers([run('a', 10), run('b', 2), run('c', 1)])).toEqual(['1 c', '2 b', '10 a']);
  });

  it('numbers them anew when two say the same, or one says nothing or nonsense', () => {
    expect(numbers([run('b', 1), run('a', 1), run('c', 2)])).toEqual(['1 a', '2 b', '3 c']);
    expect(numbers([run('a', null), run('b', 1)])).toEqual(['1 b', '2 a']);
    expect(numbers([run('b', 1), run('a', 0)])).toEqual(['1 a', '2 b']);
  });

  it('goes by the time where there is no number', () => {
    expect(numbers([run('a', null, '2026-01-02'), run('b', null, '2026-01-01')])).toEqual(['1 b', '2 a']);
  });

  it('goes by the order of the names of the files, which may count through several experiments', () => {
    expect(numbers([run('a', null, null, 12), run('b', null, null, 7)])).toEqual(['1 b', '2 a']);
  });
});

it('knows a number of a run', () => {
  expect([1, 12, 0, -1, 1.5, 1e9, null].map((value) => isRunNumber(value))).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});
