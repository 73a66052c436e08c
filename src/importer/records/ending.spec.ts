import { fieldsOf } from '../testing/a-reading';
import { readEnding } from './ending';

const INTERRUPTED = { state: 'error', errorCode: 'INTERRUPTED', error: 'Interrupted by server restart' };
const COMPLETED = { state: 'completed', errorCode: null, error: null };

function ending(value: unknown, hasResult = false) {
  const notes: string[] = [];
  return { ending: readEnding(fieldsOf(value), hasResult, (text) => notes.push(text)), notes };
}

describe(readEnding, () => {
  it.each([
    ['running', INTERRUPTED],
    ['pending', INTERRUPTED],
    ['completed', COMPLETED],
    ['cancelled', { ...COMPLETED, state: 'cancelled' }],
  ])('takes %s for what it means', (status, expected) => {
    expect(ending({ status, error: 'left over' }, true)).toEqual({ ending: expected, notes: [] });
  });

  it('keeps the text of an error, and knows the one of a timeout', () => {
    expect(ending({ status: 'error', error: 'boom' }).ending).toEqual({
      state: 'error',
      errorCode: null,
      error: 'boom',
    });
    expect(ending({ status: 'error', error: 'experiment_timeout' }).ending.errorCode).toBe(
      'EXPERIMENT_TIMEOUT',
    );
    expect(ending({ status: 'error' }).ending.error).not.toBeNull();
  });

  it('goes by the result where the status is unknown or missing, and says so', () => {
    expect(ending({ status: 'archived' }, true)).toEqual({
      ending: COMPLETED,
      notes: ['status "archived" is unknown; completed was taken'],
    });
    expect(ending({}, false)).toMatchObject({
      ending: { state: 'error' },
      notes: ['has no status; error was taken'],
    });
  });
});
