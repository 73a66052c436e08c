import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFlags, someOf, wholeNumber } from '../flags';
import { PATTERN_NAMES, type PatternName } from './patterns';

export const HELP = `Runs teams of every kind with simulated weak models, and judges whether the conversations hold. Takes about ten minutes.

Usage: npm run bench:weak -- [flags]

  --only <a,b,…>            ${inLines(PATTERN_NAMES)}
  --conversations <number>  of each pattern and strength  (200)
  --strength <a,b>          mild, moderate, strong  (moderate,strong)
  --seed <number>           of the conversations and of the slips  (1)
  --short                   three conversations of each, to see that it works; bars are not judged
  --out <file>              where the figures go as JSON  (bench-weak.json in the folder for temporary files)
  --help                    this text

Ends with code 1 when a bar is missed.
`;

const STRENGTHS = ['mild', 'moderate', 'strong'] as const;
export type Strength = (typeof STRENGTHS)[number];

const CONVERSATIONS = { full: 200, short: 3 };

export interface WeakBenchOptions {
  readonly only: readonly PatternName[];
  readonly conversations: number;
  readonly strengths: readonly Strength[];
  readonly seed: number;
  readonly short: boolean;
  readonly out: string;
}

/**
 * Reads the command line; null when help is asked for.
 * @throws WrongFlag
 */
export function readWeakOptions(args: readonly string[]): WeakBenchOptions | null {
  const flags = readFlags(args, {
    only: { type: 'string' },
    conversations: { type: 'string' },
    strength: { type: 'string' },
    seed: { type: 'string' },
    short: { type: 'boolean' },
    out: { type: 'string' },
    help: { type: 'boolean' },
  });
  if (flags.help) {
    return null;
  }
  const short = flags.short ?? false;
  return {
    only: flags.only === undefined ? PATTERN_NAMES : someOf('--only', flags.only, PATTERN_NAMES),
    conversations:
      flags.conversations === undefined
        ? CONVERSATIONS[short ? 'short' : 'full']
        : wholeNumber('--conversations', flags.conversations, 1, 10_000),
    strengths:
      flags.strength === undefined ? ['moderate', 'strong'] : someOf('--strength', flags.strength, STRENGTHS),
    seed: flags.seed === undefined ? 1 : wholeNumber('--seed', flags.seed, 0, 2_147_483_647),
    short,
    out: flags.out ?? join(tmpdir(), 'bench-weak.json'),
  };
}

/** Names as lines of the help. */
function inLines(names: readonly string[]): string {
  const middle = Math.ceil(names.length / 2);
  return `${names.slice(0, middle).join(', ')},\n${' '.repeat(28)}${names.slice(middle).join(', ')}`;
}
