import { DomainError } from '../common/errors/domain-error';
import { endAfter, type StopRequest } from './experiment-end';

const stopped = (
  errorCode: 'CANCELLED' | 'EXPERIMENT_TIMEOUT',
  state: 'cancelled' | 'error',
): StopRequest => ({
  reason: new DomainError(errorCode, 'Stopped.'),
  end: { state, errorCode, error: state === 'error' ? 'experiment_timeout' : null },
  keep: 'excluded',
});
const fine = { errorCode: null, error: null };
const failed = { errorCode: 'MODEL_NOT_FOUND', error: 'No such model.' } as const;

describe('endAfter', () => {
  it('completes an experiment of which a run succeeded, though others failed', () => {
    expect(endAfter(1, failed, null)).toEqual({ state: 'completed', errorCode: null, error: null });
  });

  it('fails one of which none did, with what its last run failed with', () => {
    expect(endAfter(0, failed, null)).toEqual({ state: 'error', ...failed });
    expect(endAfter(0, fine, null)).toMatchObject({ state: 'error', error: 'terminated_without_final' });
  });

  it('ends as it was asked to when it was stopped', () => {
    expect(endAfter(2, fine, stopped('CANCELLED', 'cancelled'))).toMatchObject({ state: 'cancelled' });
  });

  it('completes with the code of the timeout when a run had succeeded in time', () => {
    const timeout = stopped('EXPERIMENT_TIMEOUT', 'error');
    expect(endAfter(1, failed, timeout)).toEqual({
      state: 'completed',
      errorCode: 'EXPERIMENT_TIMEOUT',
      error: null,
    });
    expect(endAfter(0, failed, timeout)).toMatchObject({ state: 'error', error: 'experiment_timeout' });
  });
});
