import { afterCrash } from './crash-loop';

describe('an experiment after a crash (decision 13)', () => {
  const fresh = { crashStarts: 0, aloneCrashes: 0, runsAlone: false, turnsAtStart: 4 };

  /** Crashes one after the other, each before a new turn was stored, and what each led to. */
  const crashes = (count: number) => {
    let experiment = fresh;
    return Array.from({ length: count }, () => {
      const recovery = afterCrash(experiment, experiment.turnsAtStart);
      if ('end' in recovery) {
        return recovery.end.errorCode;
      }
      const { crashStarts = 0, aloneCrashes = 0, runsAlone = false } = recovery.step;
      experiment = { ...experiment, crashStarts, aloneCrashes, runsAlone };
      return runsAlone ? `alone after ${aloneCrashes}` : 'beside others';
    });
  };

  it('runs alone after two starts without a new turn, and is given up after three crashes alone', () => {
    expect(crashes(5)).toEqual([
      'beside others',
      'alone after 0',
      'alone after 1',
      'alone after 2',
      'CRASH_LOOP',
    ]);
  });

  it('counts as harmless again after a new turn', () => {
    expect(afterCrash({ crashStarts: 4, aloneCrashes: 2, runsAlone: true, turnsAtStart: 4 }, 5)).toEqual({
      step: { state: 'queued', crashStarts: 0, aloneCrashes: 0, runsAlone: false },
    });
  });
});
