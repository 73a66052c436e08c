import { createHash } from 'node:crypto';

/** A repeatable source of choices: the same seed gives the same sequence. */
export interface Random {
  /** At least 0, below 1. */
  next(): number;
  /** A whole number from min to max, both included. */
  integer(min: number, max: number): number;
  pick<T>(list: readonly T[]): T;
  chance(probability: number): boolean;
}

/** A seed of 32 bits from any texts and numbers; the same input gives the same seed on every machine. */
export function seedOf(...parts: readonly (string | number)[]): number {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(`${part}\u0000`);
  }
  return hash.digest().readUInt32LE(0);
}

function isFilled<T>(list: readonly T[]): list is readonly [T, ...T[]] {
  return list.length > 0;
}

/** The mulberry32 generator: small, quick and good enough for choosing words. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    integer,
    pick: <T>(list: readonly T[]): T => {
      const at = integer(0, list.length - 1);
      const found = list.slice(at, at + 1);
      if (!isFilled(found)) {
        throw new RangeError('nothing to pick from');
      }
      return found[0];
    },
    chance: (probability) => next() < probability,
  };
}
