import {
  EXPERIMENT_STATES,
  type ExperimentState,
  isIdle,
  isTerminal,
  legacyStatus,
  NEXT_STATES,
} from './experiment-state';

describe('the states of an experiment', () => {
  /** All states that can follow on a state, in whatever number of steps. */
  const reachable = (from: ExperimentState) => {
    const seen = new Set<ExperimentState>([from]);
    for (const state of seen) {
      NEXT_STATES[state].forEach((next) => seen.add(next));
    }
    return seen;
  };

  it('can all be reached from the first one', () => {
    expect([...reachable('queued')].toSorted()).toEqual([...EXPERIMENT_STATES].toSorted());
  });

  it.each(EXPERIMENT_STATES.filter((state) => !isTerminal(state)))(
    '%s can end in any way and never has to stay',
    (state) => {
      expect([...reachable(state)]).toEqual(expect.arrayContaining(['error', 'cancelled']));
    },
  );

  it.each(EXPERIMENT_STATES.filter((state) => !isTerminal(state) && state !== 'stopping'))(
    '%s can come to run, to be paused and to be completed',
    (state) => {
      expect([...reachable(state)]).toEqual(expect.arrayContaining(['completed', 'paused', 'running']));
    },
  );

  it('are final when they end an experiment, and final in one step from every other', () => {
    const terminal = EXPERIMENT_STATES.filter(isTerminal);
    expect(terminal).toEqual(['completed', 'error', 'cancelled']);
    for (const state of EXPERIMENT_STATES.filter((candidate) => !isTerminal(candidate))) {
      expect(NEXT_STATES[state]).toEqual(expect.arrayContaining(['error', 'cancelled']));
    }
  });

  it('look to existing clients as three: the first six as running, cancelled as completed', () => {
    expect(EXPERIMENT_STATES.map(legacyStatus)).toEqual([
      ...Array<string>(6).fill('running'),
      'completed',
      'error',
      'completed',
    ]);
  });

  it('are idle while nobody works on the experiment', () => {
    expect(EXPERIMENT_STATES.filter(isIdle)).toEqual(['queued', 'paused', 'completed', 'error', 'cancelled']);
  });
});
