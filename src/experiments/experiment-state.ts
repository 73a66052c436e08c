/** The exact state of an experiment. Later states (queued, paused, …) join this table. */
export const EXPERIMENT_STATES = ['running', 'completed', 'error', 'cancelled'] as const;

export type ExperimentState = (typeof EXPERIMENT_STATES)[number];

/** Which state may follow which. A terminal state is final: the first one wins. */
export const NEXT_STATES: Readonly<Record<ExperimentState, readonly ExperimentState[]>> = {
  running: ['completed', 'error', 'cancelled'],
  completed: [],
  error: [],
  cancelled: [],
};

export function isTerminal(state: ExperimentState): boolean {
  return NEXT_STATES[state].length === 0;
}

/** The only values of `status` that existing clients know. */
export type LegacyStatus = 'running' | 'completed' | 'error';

/** What a client of the old contract reads as `status`. A cancelled experiment looks completed to it. */
export function legacyStatus(state: ExperimentState): LegacyStatus {
  if (!isTerminal(state)) {
    return 'running';
  }
  return state === 'error' ? 'error' : 'completed';
}
