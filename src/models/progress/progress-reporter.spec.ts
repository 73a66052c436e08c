import { ProgressReporter } from './progress-reporter';

describe('ProgressReporter', () => {
  let reports: number;
  let finish: () => void;
  let reporter: ProgressReporter;

  beforeEach(() => {
    jest.useFakeTimers();
    reports = 0;
    reporter = new ProgressReporter({
      intervalMs: 500,
      percentDelta: 2,
      report: () => {
        reports += 1;
        return new Promise((resolve) => (finish = resolve));
      },
      now: () => performance.now(),
    });
  });
  afterEach(() => {
    reporter.stop();
    jest.useRealTimers();
  });

  const finished = async () => {
    finish();
    await jest.advanceTimersByTimeAsync(0);
  };

  it('reports the first at once and what came last after the interval', async () => {
    reporter.note(0);
    expect(reports).toBe(1);
    await finished();
    reporter.note(1);
    reporter.note(1.5);
    await jest.advanceTimersByTimeAsync(499);
    expect(reports).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(reports).toBe(2);
    await finished();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(reports).toBe(2);
  });

  it('has one report under way at most', async () => {
    reporter.note(0);
    reporter.note(50);
    reporter.note(90);
    expect(reports).toBe(1);
    await finished();
    expect(reports).toBe(2);
    await finished();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(reports).toBe(2);
  });

  it('reports nothing more once it is stopped', async () => {
    reporter.note(0);
    reporter.note(50);
    reporter.stop();
    await finished();
    reporter.note(90);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(reports).toBe(1);
  });
});
