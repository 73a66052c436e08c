/** Longest wait between two attempts. */
export const MAX_BACKOFF_MS = 3_600_000;

/**
 * Milliseconds until the next attempt after so many failed ones: doubled each time up to an hour, with jitter, so that
 * many messages to a receiver that was away do not come back in step.
 * @param random from 0 to 1
 */
export function webhookBackoffMs(failedAttempts: number, firstSeconds: number, random: number): number {
  const ms = firstSeconds * 1000 * 2 ** (failedAttempts - 1) * (0.75 + random / 2);
  return Math.round(Math.min(ms, MAX_BACKOFF_MS));
}
