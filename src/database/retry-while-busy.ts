import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { isDatabaseBusy } from './sqlite-error';

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
