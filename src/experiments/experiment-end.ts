import { type DomainError } from '../common/errors/domain-error';
import { type ErrorCode } from '../common/errors/error-codes';
import { type RunOutcome } from '../conversations/transcript-runs';
import { type TerminalState } from './experiment-state';

/** How an experiment ends. */
export interface ExperimentEnd {
  readonly state: TerminalState;
  readonly errorCode: ErrorCode | null;
  readonly error: string | null;
}

/** What is to become of a run that is stopped before its end. */
export type KeepStopped = 'counted' | 'excluded' | 'none';

/** Why an experiment is stopped before its time, how it then ends, and what becomes of its open runs. */
export interface StopRequest {
  /** With this the model calls under way are aborted. */
  readonly reason: DomainError;
  readonly end: ExperimentEnd;
  readonly keep: KeepStopped;
}

/**
 * How an experiment ends after its last run. It is an error only when no run succeeded, since existing clients hide
 * everything that was said behind an error (decision 4); the code tells of a timeout all the same.
 * @param last outcome of the run that ended last
 */
export function endAfter(
  completedRuns: number,
  last: Pick<RunOutcome, 'errorCode' | 'error'>,
  stop: StopRequest | null,
): ExperimentEnd {
  if (completedRuns > 0 && (stop === null || stop.end.errorCode === 'EXPERIMENT_TIMEOUT')) {
    return { state: 'completed', errorCode: stop?.end.errorCode ?? null, error: null };
  }
  return (
    stop?.end ?? {
      state: 'error',
      errorCode: last.errorCode,
      error: last.error ?? 'terminated_without_final',
    }
  );
}
