import { RemainingTime, type WorkSoFar } from './remaining-time';

const MOST_TURNS = 10;
const aRemainingTime = (changes: Partial<WorkSoFar> = {}) =>
  new RemainingTime({ runs: 5, endedRuns: 0, endedTurns: 0, openRuns: [], ...changes }, MOST_TURNS, 0);

/** An experiment that takes a turn each second: in the runs of these numbers, one after the other. */
function after(remaining: RemainingTime, ...iterations: number[]): number {
  iterations.forEach((iteration, index) => remaining.onTurn(iteration, (index + 1) * 1_000));
  return iterations.length * 1_000;
}

describe(RemainingTime.name, () => {
  it('is not known before a few turns have ended', () => {
    const remaining = aRemainingTime();
    expect(remaining.seconds(60_000)).toBeNull();
    after(remaining, 1, 1);
    expect(remaining.seconds(60_000)).toBeNull();
  });

  it('takes each run to be as long as it can be while none has ended', () => {
    const remaining = aRemainingTime();
    const nowMs = after(remaining, 1, 1, 1);
    expect(remaining.seconds(nowMs)).toBe(5 * MOST_TURNS - 3);
  });

  it('takes them to be as long as those that have ended', () => {
    const remaining = aRemainingTime();
    const nowMs = after(remaining, 1, 1, 1, 1, 2, 2);
    remaining.onRunEnded(1);
    expect(remaining.seconds(nowMs)).toBe(4 * 4 - 2);
    remaining.onRunEnded(2);
    expect(remaining.seconds(nowMs)).toBe(3 * 3);
  });

  it('counts the turns of all runs that are open side by side, and none of them less than over', () => {
    const remaining = aRemainingTime();
    const nowMs = after(remaining, 1, 2, 3, 2, 3, 3);
    remaining.onRunEnded(2);
    // Two turns a run: run 1 has one to go, run 3 is over that already, 4 and 5 have not begun.
    expect(remaining.seconds(nowMs)).toBe(1 + 0 + 2 * 2);
  });

  it('goes on from what was done before', () => {
    const remaining = aRemainingTime({
      runs: 100,
      endedRuns: 90,
      endedTurns: 270,
      openRuns: [
        [91, 2],
        [92, 1],
      ],
    });
    const nowMs = after(remaining, 92, 93, 93);
    expect(remaining.seconds(nowMs)).toBe(1 + 1 + 1 + 7 * 3);
  });

  it('is in whole seconds, and never 0 before the end', () => {
    const remaining = aRemainingTime({ runs: 1 });
    [100, 200, 300].forEach((nowMs) => remaining.onTurn(1, nowMs));
    expect(remaining.seconds(300)).toBe(1);
    Array.from({ length: MOST_TURNS }, () => remaining.onTurn(1, 400));
    expect(remaining.seconds(400)).toBe(1);
    expect(remaining.seconds(90_000)).toBe(1);
    remaining.onRunEnded(1);
    expect(remaining.seconds(90_000)).toBe(1);
  });
});
