import { WrongFlag } from './flags';
import { Workshop } from './workshop';

/** A program that measures. */
export interface Bench<Options> {
  /** Null when help is asked for. @throws WrongFlag */
  readonly readOptions: (args: readonly string[]) => Options | null;
  readonly help: string;
  /** Every step has a limit of its own; this one is for what was not thought of. */
  readonly limitMs: number;
  /** @returns whether all bars are kept */
  readonly measure: (options: Options, workshop: Workshop) => Promise<boolean>;
}

/** Runs a bench and ends the process: with 1 when a bar is missed, a flag is wrong, or something failed. */
export function runBench<Options>(bench: Bench<Options>): void {
  run(bench).catch((error: unknown) => {
    console.error(error instanceof WrongFlag ? error.message : error);
    process.exit(1);
  });
}

async function run<Options>({ readOptions, help, limitMs, measure }: Bench<Options>): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    console.log(help);
    return;
  }
  const workshop = new Workshop();
  process.on('exit', () => workshop.close());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => process.exit(130));
  }
  const limit = setTimeout(() => {
    console.error(`The bench has not ended within ${limitMs / 60_000} minutes.`);
    process.exit(1);
  }, limitMs);
  process.exitCode = (await measure(options, workshop)) ? 0 : 1;
  await workshop.stopAll();
  clearTimeout(limit);
}
