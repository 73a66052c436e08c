import { setTimeout as wait } from 'node:timers/promises';

const BUSY_CODES = ['SQLITE_BUSY', 'SQLITE_LOCKED'];

/** Whether an error, or the driver's error inside it, says that another process holds the lock. */
export function isDatabaseBusy(error: unknown): boolean {
  const code = errorCode(error) ?? errorCode((error as { driverError?: unknown } | null)?.driverError);
  return code !== undefined && BUSY_CODES.some((busy) => code.startsWith(busy));
}

function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Tries again, without blocking the event loop, until the lock is gone or `limitMs` has passed. */
export async function retryWhileBusy<T>(work: () => Promise<T>, limitMs: number): Promise<T> {
  const startedAt = performance.now();
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 100)) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseBusy(error) || performance.now() - startedAt > limitMs) {
        throw error;
      }
    }
    await wait(pauseMs);
  }
}
