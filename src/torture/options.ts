import { randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFlags, someOf, wholeNumber } from '../bench/flags';

export const HELP = `Kills, cuts and starves real servers, and checks that every promise is kept. Needs Linux; the full form takes about 20 minutes.

Usage: npm run test:torture -- [flags]

  --only <kill,faults,…>  kill           servers are killed at random moments of running experiments
                          faults         everything that can go wrong at Ollama's side
                          cancel         experiments are cancelled in every phase, tabs are closed
                          watchers       watchers lose their connection, servers are restarted
                          shutdown       servers are told to stop in the middle of turns
                          outage         Ollama goes away and comes back
                          crash-loop     an experiment during which the server ends again and again
                          sizes          the largest texts that are allowed, and larger ones
                          slow-watchers  a thousand clients of which a hundred do not read (full form only)
  --rounds <number>       rounds of each scenario, instead of what suits it
  --seed <number>         decides all random moments; drawn when it is left out
  --short                 a small form of everything but slow-watchers, in about a minute
  --report <file>         where the figures go as JSON  (torture-report.json in the folder for temporary files)
  --help                  this text

Ends with code 1 when a promise was broken; what the servers logged is then beside the report.
`;

export const SCENARIO_NAMES = [
  'kill',
  'faults',
  'cancel',
  'watchers',
  'shutdown',
  'outage',
  'crash-loop',
  'sizes',
  'slow-watchers',
] as const;
/** What the short form leaves out unless it is asked for: it takes too long to be a part of the tests. */
export const SHORT_SCENARIOS = SCENARIO_NAMES.filter((name) => name !== 'slow-watchers');

export type ScenarioName = (typeof SCENARIO_NAMES)[number];

export interface TortureOptions {
  readonly only: readonly ScenarioName[];
  /** Null = what suits each scenario. */
  readonly rounds: number | null;
  readonly seed: number;
  readonly short: boolean;
  readonly report: string;
}

const MAX_SEED = 2 ** 31 - 1;

/**
 * Reads the command line; null when help is asked for.
 * @throws WrongFlag
 */
export function readOptions(args: readonly string[]): TortureOptions | null {
  const flags = readFlags(args, {
    only: { type: 'string' },
    rounds: { type: 'string' },
    seed: { type: 'string' },
    short: { type: 'boolean' },
    report: { type: 'string' },
    help: { type: 'boolean' },
  });
  if (flags.help) {
    return null;
  }
  const all = flags.short ? SHORT_SCENARIOS : SCENARIO_NAMES;
  return {
    only: flags.only === undefined ? all : someOf('--only', flags.only, SCENARIO_NAMES),
    rounds: flags.rounds === undefined ? null : wholeNumber('--rounds', flags.rounds, 1, 10_000),
    seed: flags.seed === undefined ? randomInt(MAX_SEED) : wholeNumber('--seed', flags.seed, 0, MAX_SEED),
    short: flags.short ?? false,
    report: flags.report ?? join(tmpdir(), 'torture-report.json'),
  };
}
