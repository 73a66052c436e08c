import { timeLimit } from './time-limit';

describe('timeLimit', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('breaks off when the time is up', () => {
    const start = performance.now();
    const limit = timeLimit(400, () => performance.now() - start, new AbortController().signal);
    jest.advanceTimersByTime(399);
    expect(limit.isUp()).toBe(false);
    jest.advanceTimersByTime(1);
    expect(limit.isUp()).toBe(true);
    expect(limit.signal.reason).toMatchObject({ code: 'ACTIVE_TIME_UP' });
  });

  it('looks again when the clock stood still meanwhile', () => {
    let nowMs = 100;
    const limit = timeLimit(400, () => nowMs, new AbortController().signal);
    jest.advanceTimersByTime(10_000);
    expect(limit.isUp()).toBe(false);
    nowMs = 399;
    jest.advanceTimersByTime(300);
    expect(limit.isUp()).toBe(false);
    nowMs = 401;
    jest.advanceTimersByTime(250);
    expect(limit.isUp()).toBe(true);
  });

  it('does not keep looking without a pause at a clock that stands still just before the end', () => {
    const looks = jest.fn(() => 399.5);
    timeLimit(400, looks, new AbortController().signal);
    jest.advanceTimersByTime(10_000);
    expect(looks.mock.calls.length).toBeLessThan(100);
  });

  it('is broken off by who leaves the work, without being up', () => {
    const leave = new AbortController();
    const limit = timeLimit(400, () => 0, leave.signal);
    leave.abort(new Error('left'));
    expect(limit.signal.reason).toBe(leave.signal.reason);
    expect(limit.isUp()).toBe(false);
  });

  it('takes no timer where there is no limit, and leaves none behind', () => {
    const leave = new AbortController().signal;
    expect(timeLimit(Infinity, () => 0, leave).signal).toBe(leave);
    timeLimit(400, () => 0, leave).clear();
    expect(jest.getTimerCount()).toBe(0);
  });
});
