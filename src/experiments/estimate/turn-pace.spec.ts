import { TurnPace } from './turn-pace';

const MINUTE = 60_000;

/** The pace after turns that took so long, the first of which began at 0; with the time at which the last one ended. */
function paceAfter(...turnsMs: number[]): { pace: TurnPace; nowMs: number } {
  const pace = new TurnPace(0);
  let nowMs = 0;
  for (const turnMs of turnsMs) {
    nowMs += turnMs;
    pace.onTurn(nowMs);
  }
  return { pace, nowMs };
}
const times = (count: number, turnMs: number) => Array.from({ length: count }, () => turnMs);

describe(TurnPace.name, () => {
  it.each([0, 1, 2])('says nothing after %d turns', (count) => {
    const { pace, nowMs } = paceAfter(...times(count, 1_000));
    expect(pace.msFor(5, nowMs)).toBeNull();
  });

  it('is that of the turns so far, the wait for the first one included', () => {
    const { pace, nowMs } = paceAfter(4_000, 1_000, 1_000);
    expect(pace.msFor(5, nowMs)).toBe(5 * 2_000);
  });

  it('counts turns that end side by side as so many', () => {
    const { pace, nowMs } = paceAfter(...times(3, 0), 2_000, ...times(3, 0), 2_000);
    expect(nowMs).toBe(4_000);
    expect(pace.msFor(16, nowMs)).toBe(8_000);
  });

  it('lets the time since the last turn count', () => {
    const { pace, nowMs } = paceAfter(...times(4, 1_000));
    expect(pace.msFor(5, nowMs + 400)).toBe(4_600);
    expect(pace.msFor(5, nowMs + 1_000)).toBe(4_000);
  });

  it('slows down while the next turn is overdue', () => {
    const { pace, nowMs } = paceAfter(...times(4, 1_000));
    expect(pace.msFor(5, nowMs + 6_000)).toBe(4 * 2_000);
    expect(pace.msFor(1, nowMs + 6_000)).toBe(0);
  });

  it('forgets what is long past, but not the latest turns', () => {
    const { pace, nowMs } = paceAfter(...times(40, 1_000), ...times(50, MINUTE));
    expect(pace.msFor(10, nowMs)).toBe(10 * MINUTE);
    const { pace: other, nowMs: otherNowMs } = paceAfter(MINUTE, ...times(49, 1_000));
    expect(other.msFor(10, otherNowMs)).toBe((10 * (60 + 49) * 1_000) / 50);
  });

  it('sees a load among many quick turns of the latest minutes', () => {
    const { pace, nowMs } = paceAfter(...times(100, 1_000), 20_000, ...times(79, 1_000));
    expect(pace.msFor(180, nowMs)).toBeCloseTo(100_000 + 20_000 + 79_000);
  });

  it('keeps no more than a thousand turns', () => {
    const { pace, nowMs } = paceAfter(...times(1_000, 100), ...times(1_000, 10));
    expect(pace.msFor(10, nowMs)).toBe(100);
  });
});
