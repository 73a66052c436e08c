import { createHash } from 'node:crypto';

/**
 * Seed of one random choice, 31 bits, from nothing but what names the choice (decision 19): the same experiment
 * asked for again with its root seed makes the same choices, in whatever order its runs are worked on.
 * `conversationKey` is the place of the run in its experiment, never an id, which differs between experiments.
 * The values are pinned: stored experiments could not be replayed after a change.
 */
export function deriveSeed(
  rootSeed: number,
  conversationKey: string | number,
  turn: number,
  purpose: string,
): number {
  const choice = JSON.stringify([rootSeed, String(conversationKey), turn, purpose]);
  return createHash('sha256').update(choice).digest().readUInt32BE(0) >>> 1;
}

/** A number from 0 to n - 1. The bias of the remainder is below n / 2^31. */
export function pick(seed: number, n: number): number {
  if (!Number.isSafeInteger(n) || n < 1) {
    throw new RangeError(`Nothing to pick from: n is ${n}.`);
  }
  return ((seed % n) + n) % n;
}
