import { type ErrorCode } from '../../common/errors/error-codes';
import { type SourceObject } from '../source/source-object';
import { shown } from './reading';

/** How an experiment or a pull of the old server ended. */
export interface Ending {
  readonly state: 'completed' | 'error' | 'cancelled';
  readonly errorCode: ErrorCode | null;
  /** Text for people; only with `error`. */
  readonly error: string | null;
}

/** Whatever the old server had not ended, it will not end any more. */
const UNFINISHED = new Set(['running', 'pending', 'live']);
/** As the old server would have said it after its next start. */
const INTERRUPTED_TEXT = 'Interrupted by server restart';
/** What the old server wrote as error text when the time of an experiment was over. */
const TIMEOUT_TEXT = 'experiment_timeout';

/** @param hasResult whether it left something that it can only have when it ended */
export function readEnding(fields: SourceObject, hasResult: boolean, note: (text: string) => void): Ending {
  const status = fields.wordsOrNull('status')?.toLowerCase() ?? '';
  const error = fields.wordsOrNull('error');
  if (UNFINISHED.has(status)) {
    return { state: 'error', errorCode: 'INTERRUPTED', error: INTERRUPTED_TEXT };
  }
  switch (status) {
    case 'completed':
    case 'cancelled':
      return { state: status, errorCode: null, error: null };
    case 'error':
      return failed(error);
    default: {
      const ending: Ending = hasResult ? { state: 'completed', errorCode: null, error: null } : failed(error);
      note(
        status === ''
          ? `has no status; ${ending.state} was taken`
          : `status "${shown(status)}" is unknown; ${ending.state} was taken`,
      );
      return ending;
    }
  }
}

function failed(error: string | null): Ending {
  return {
    state: 'error',
    errorCode: error === TIMEOUT_TEXT ? 'EXPERIMENT_TIMEOUT' : null,
    error: error ?? 'It failed; the old server gave no reason.',
  };
}
