import { RunClock } from './run-clock';

/** A run whose experiment and queue are where the test says. */
function aRun(beforeMs: number, at = { passed: 0, waited: 0 }) {
  const clock = new RunClock(
    beforeMs,
    () => at.passed,
    () => at.waited,
  );
  return { clock, at };
}

describe('RunClock', () => {
  it('counts what passes while the run is worked on', () => {
    const { clock, at } = aRun(0, { passed: 5_000, waited: 0 });
    at.passed = 6_200;
    expect(clock.ms()).toBe(1_200);
  });

  it('goes on from earlier work', () => {
    const { clock, at } = aRun(700, { passed: 100, waited: 40 });
    expect(clock.ms()).toBe(700);
    at.passed = 300;
    expect(clock.ms()).toBe(900);
  });

  it('stands still while the run waits for a slot', () => {
    const { clock, at } = aRun(0, { passed: 0, waited: 250 });
    at.passed = 1_000;
    at.waited = 1_000;
    expect(clock.ms()).toBe(250);
    at.passed = 3_000;
    at.waited = 3_000;
    expect(clock.ms()).toBe(250);
  });

  it('never falls below what it began with, though the two clocks are rounded apart', () => {
    const { clock, at } = aRun(10);
    at.waited = 0.7;
    expect(clock.ms()).toBe(10);
  });
});
