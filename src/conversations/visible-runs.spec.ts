import { visibleRuns } from './visible-runs';

const runs = (...states: string[]) => states.map((state, index) => ({ state, number: index + 1 }));
const numbers = (list: readonly { readonly number: number }[]) => list.map(({ number }) => number);

describe('visibleRuns', () => {
  it.each([
    { states: [], finished: [], current: null },
    { states: ['completed', 'error'], finished: [1, 2], current: null },
    { states: ['completed', 'running'], finished: [1], current: 2 },
    { states: ['running', 'completed', 'running'], finished: [], current: 1 },
    { states: ['completed', 'running', 'completed'], finished: [1], current: 2 },
  ])('shows $finished and then $current of $states', ({ states, finished, current }) => {
    const visible = visibleRuns(runs(...states), false);
    expect(numbers(visible.finished)).toEqual(finished);
    expect(visible.current?.number ?? null).toBe(current);
  });

  it('shows all runs of an experiment that is over', () => {
    expect(visibleRuns(runs('completed', 'running'), true)).toMatchObject({
      finished: [{ number: 1 }, { number: 2 }],
      current: null,
    });
  });
});
