/** Why work was ended: the client left. */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted');
}

/**
 * Waits for something, but no longer than the client stays. `begin` starts the waiting, calls `done` when it is over (not before it
 * has returned) and returns what undoes it; an abort does that and rejects.
 */
export async function waitFor(signal: AbortSignal, begin: (done: () => void) => () => void): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const undo = begin(() => {
      signal.removeEventListener('abort', leave);
      resolve();
    });
    function leave(): void {
      undo();
      reject(abortReason(signal));
    }
    signal.addEventListener('abort', leave, { once: true });
  });
}

/** Waits that long; 0 ms is no wait at all. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (ms > 0) {
    await waitFor(signal, (done) => {
      const timer = setTimeout(done, ms);
      return () => clearTimeout(timer);
    });
  }
}

/** Never resolves: rejects when the client leaves. */
export async function untilAborted(signal: AbortSignal): Promise<never> {
  await waitFor(signal, () => () => undefined);
  throw new Error('unreachable: only an abort ends this wait');
}

/** One turn of the event loop, so that a loop without pauses lets others in and notices a client that left. */
export async function nextTurn(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}

interface Waiter {
  dueAt: number;
  signal: AbortSignal;
  resolve: () => void;
}

/** Wakes many streams with one timer. */
export interface Pacer {
  /** Resolves at that time of `performance.now()`, or soon after the signal is aborted; undefined where it is due already. */
  waitUntil(dueAt: number, signal: AbortSignal): Promise<void> | undefined;
}

const TICK_MS = 4;

/** One interval serves all streams: a timer per token would cost more than the tokens. It runs only while somebody waits. */
export function createPacer(): Pacer {
  let waiters: Waiter[] = [];
  let timer: NodeJS.Timeout | undefined;

  const tick = (): void => {
    const now = performance.now();
    const late: Waiter[] = [];
    for (const waiter of waiters) {
      if (waiter.dueAt <= now || waiter.signal.aborted) {
        waiter.resolve();
      } else {
        late.push(waiter);
      }
    }
    waiters = late;
    if (waiters.length === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };

  return {
    waitUntil(dueAt, signal) {
      if (dueAt <= performance.now()) {
        return undefined;
      }
      timer ??= setInterval(tick, TICK_MS);
      return new Promise((resolve) => {
        waiters.push({ dueAt, signal, resolve });
      });
    },
  };
}
