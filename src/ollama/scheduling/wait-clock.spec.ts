import { WaitClock } from './wait-clock';

describe(WaitClock.name, () => {
  it('counts the time in which a conversation waits with no call at work', () => {
    const clock = new WaitClock();
    clock.change('c', 1, 0, 1_000);
    expect(clock.waitedMs('c', 1_500)).toBe(500);
    clock.change('c', -1, 1, 3_000);
    expect(clock.waitedMs('c', 9_000)).toBe(2_000);
    clock.change('c', 1, 0, 9_000);
    expect(clock.waitedMs('c', 10_000)).toBe(2_000);
    clock.change('c', 0, -1, 10_000);
    expect(clock.waitedMs('c', 12_000)).toBe(4_000);
    clock.forget('c');
    expect(clock.waitedMs('c', 12_000)).toBe(0);
  });
});
