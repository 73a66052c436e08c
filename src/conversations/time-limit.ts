import { DomainError } from '../common/errors/domain-error';

/** Longest delay of a timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Shortest delay after a look that found the time not up: the clock may stand still for long. */
const MIN_LOOK_AGAIN_MS = 250;

/** A moment of a run's active time at which a step is broken off. */
export interface TimeLimit {
  /** Active milliseconds of the run; Infinity = there is no limit. */
  readonly atMs: number;
  /** Aborted when the time is up, or when the work is to be left. */
  readonly signal: AbortSignal;
  readonly isUp: () => boolean;
  /** Must be called when the step has ended. */
  readonly clear: () => void;
}

/**
 * Breaks a step off at a moment of its run's active time. That clock stands still while the run waits for a slot, so a timer
 * that fires too early is set again.
 * @param nowMs active milliseconds of the run so far
 * @param leave aborted when the work is to be left
 */
export function timeLimit(atMs: number, nowMs: () => number, leave: AbortSignal): TimeLimit {
  if (atMs === Infinity) {
    return { atMs, signal: leave, isUp: () => false, clear: () => undefined };
  }
  const up = new AbortController();
  const delayMs = (leastMs: number) => Math.min(Math.max(atMs - nowMs(), leastMs), MAX_TIMER_MS);
  const look = () => {
    if (nowMs() < atMs) {
      timer = setTimeout(look, delayMs(MIN_LOOK_AGAIN_MS));
    } else {
      up.abort(new DomainError('ACTIVE_TIME_UP', 'The active seconds of the run are used up.'));
    }
  };
  let timer = setTimeout(look, delayMs(0));
  return {
    atMs,
    signal: AbortSignal.any([leave, up.signal]),
    isUp: () => up.signal.aborted,
    clear: () => clearTimeout(timer),
  };
}
