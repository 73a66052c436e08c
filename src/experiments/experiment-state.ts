/** The exact state of an experiment (decision 3). */
export const EXPERIMENT_STATES = [
  'queued',
  'running',
  'pausing',
  'paused',
  'waiting_input',
  'stopping',
  'completed',
  'error',
  'cancelled',
] as const;

export type ExperimentState = (typeof EXPERIMENT_STATES)[number];

/** Why an experiment is paused; all but `user` come from what went wrong. */
export const PAUSE_REASONS = [
  /** Asked for by a client. */
  'user',
  /** A restart with RESUME_ON_START=false. */
  'interrupted',
  /** Ollama could not be reached; goes on by itself when it is back. */
  'ollama_away',
  /** Ollama's queue was full, again and again; goes on by itself after a while. */
  'ollama_busy',
  /** The volume of the database is full; goes on by itself when there is room. */
  'storage_full',
  /** The stream of a turn failed in every attempt; `error_code` says how. */
  'turn_failed',
] as const;

export type PauseReason = (typeof PAUSE_REASONS)[number];

/**
 * Which state may follow which. A terminal state is final: the first one wins. `waiting_input` is for teams that ask a
 * person.
 */
export const NEXT_STATES: Readonly<Record<ExperimentState, readonly ExperimentState[]>> = {
  queued: ['running', 'paused', 'error', 'cancelled'],
  running: ['queued', 'pausing', 'paused', 'waiting_input', 'stopping', 'completed', 'error', 'cancelled'],
  pausing: ['queued', 'running', 'paused', 'stopping', 'completed', 'error', 'cancelled'],
  paused: ['queued', 'running', 'pausing', 'error', 'cancelled'],
  waiting_input: ['queued', 'running', 'paused', 'stopping', 'error', 'cancelled'],
  stopping: ['completed', 'error', 'cancelled'],
  completed: [],
  error: [],
  cancelled: [],
};

export type TerminalState = 'completed' | 'error' | 'cancelled';

export function isTerminal(state: ExperimentState): state is TerminalState {
  return NEXT_STATES[state].length === 0;
}

/** Whether nobody works on an experiment in this state. */
export function isIdle(state: ExperimentState): boolean {
  return state === 'queued' || state === 'paused' || isTerminal(state);
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
