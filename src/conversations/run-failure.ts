import { DomainError } from '../common/errors/domain-error';
import { type ErrorCode } from '../common/errors/error-codes';
import { isPassing } from '../ollama/model-call-error';

/** Signals with these reasons break a turn off without ending the run: the turn is made again. */
const LEAVING_CODES: ReadonlySet<ErrorCode> = new Set(['PAUSED', 'INTERRUPTED']);

/** Whether a run ends by a failure; else it is only left, and its turn is made again later. */
export function endsRun(error: unknown, signal: AbortSignal): boolean {
  if (signal.aborted) {
    const reason: unknown = signal.reason;
    return !(reason instanceof DomainError && LEAVING_CODES.has(reason.code));
  }
  return !isPassing(error) && !isStorageFault(error);
}

/** The code and text that clients see; faults of our own are not described. */
export function describeFailure(error: unknown): { code: DomainError['code']; message: string } {
  return error instanceof DomainError
    ? { code: error.code, message: error.message }
    : { code: 'INTERNAL_ERROR', message: 'The backend failed; its log has the details.' };
}

/** What could not be stored is not lost by that: it is made again when it can. */
function isStorageFault(error: unknown): boolean {
  return error instanceof DomainError && (error.code === 'DATABASE_BUSY' || error.code === 'STORAGE_FULL');
}
