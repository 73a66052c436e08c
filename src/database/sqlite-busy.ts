import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { sqliteCode } from './sqlite-error';

const BUSY_CODES = ['SQLITE_BUSY', 'SQLITE_LOCKED'];

/** Whether an error, or the driver's error inside it, says that another process holds the lock. */
export function isDatabaseBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && BUSY_CODES.some((busy) => code.startsWith(busy));
}

/**
 * Tries at least once, and again without blocking the event loop, until the lock is gone or the time has come.
 * @param giveUpAt as `performance.now()` counts
 */
export async function retryWhileBusy<T>(work: () => Promise<T>, giveUpAt: number): Promise<T> {
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 100)) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseBusy(error)) {
        throw error;
      }
      if (performance.now() > giveUpAt) {
        // Many that give up one after the other, each after a moment of waiting in the driver, would be one long stop.
        await nextTurn();
        throw error;
      }
    }
    await wait(pauseMs);
  }
}
