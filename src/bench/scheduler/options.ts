import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFlags, someOf, wholeNumber } from '../flags';

export const HELP = `Measures what the scheduler makes of simulated Ollama servers. All times are a tenth of real ones. Needs Linux, takes about twelve minutes.

Usage: npm run bench:scheduler -- [flags]

  --only <1,2,…>      1: two models that do not fit together, beside run by run  2: four slots  3: three servers
                      4: 1,000 open conversations  5: a second experiment in the middle  6: prompt cache
  --rounds <number>   of everything that is measured  (1)
  --quick             few items, to see that it works; bars are not judged
  --out <file>        where the figures go as JSON  (bench-scheduler.json in the folder for temporary files)
  --timeline <file>   where the picture of 1 goes as SVG  (bench-scheduler.svg in the folder for temporary files)
  --help              this text

Ends with code 1 when a bar is missed.
`;

export const MEASUREMENT_IDS = ['1', '2', '3', '4', '5', '6'] as const;
export type MeasurementId = (typeof MEASUREMENT_IDS)[number];

export interface SchedulerBenchOptions {
  readonly only: readonly MeasurementId[];
  readonly rounds: number;
  readonly quick: boolean;
  readonly out: string;
  readonly timeline: string;
}

/**
 * Reads the command line; null when help is asked for.
 * @throws WrongFlag
 */
export function readSchedulerOptions(args: readonly string[]): SchedulerBenchOptions | null {
  const flags = readFlags(args, {
    only: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean' },
    out: { type: 'string' },
    timeline: { type: 'string' },
    help: { type: 'boolean' },
  });
  if (flags.help) {
    return null;
  }
  return {
    only: flags.only === undefined ? MEASUREMENT_IDS : someOf('--only', flags.only, MEASUREMENT_IDS),
    rounds: flags.rounds === undefined ? 1 : wholeNumber('--rounds', flags.rounds, 1, 20),
    quick: flags.quick ?? false,
    out: flags.out ?? join(tmpdir(), 'bench-scheduler.json'),
    timeline: flags.timeline ?? join(tmpdir(), 'bench-scheduler.svg'),
  };
}
