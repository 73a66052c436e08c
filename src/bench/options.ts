import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFlags, someOf, wholeNumber } from './flags';

export const HELP = `Measures what the backend costs, as ratios within one run. Needs Linux, takes about fifteen minutes.

Usage: npm run bench -- [flags]

  --only <a,b,…>     a: CPU per token  b: time to the client  c: list of experiments  d: start and memory
                     e: lists by depth  f: a long conversation  g: pulls with watchers  h: moving old data in
                     i: turns stored  j: deliveries  k: replay to a client that comes back
  --rounds <number>  rounds of each measurement
  --quick            one short round of each, to see that it works; bars are not judged
  --out <file>       where the figures go as JSON  (bench-results.json in the folder for temporary files)
  --help             this text

Ends with code 1 when a bar is missed.
`;

export const MEASUREMENT_IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'] as const;
export type MeasurementId = (typeof MEASUREMENT_IDS)[number];

export interface BenchOptions {
  readonly only: readonly MeasurementId[];
  /** Null = what suits each measurement. */
  readonly rounds: number | null;
  readonly quick: boolean;
  readonly out: string;
}

/**
 * Reads the command line; null when help is asked for.
 * @throws WrongFlag
 */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const flags = readFlags(args, {
    only: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean' },
    out: { type: 'string' },
    help: { type: 'boolean' },
  });
  if (flags.help) {
    return null;
  }
  return {
    only: flags.only === undefined ? MEASUREMENT_IDS : someOf('--only', flags.only, MEASUREMENT_IDS),
    rounds: flags.rounds === undefined ? null : wholeNumber('--rounds', flags.rounds, 1, 20),
    quick: flags.quick ?? false,
    out: flags.out ?? join(tmpdir(), 'bench-results.json'),
  };
}
