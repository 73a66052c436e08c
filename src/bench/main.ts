import { writeFileSync } from 'node:fs';
import { measureConversationRead } from './conversation-read';
import { measureDeliveries } from './deliveries';
import { measureImport } from './import-old-data';
import { measureListDepth } from './list-depth';
import { measureListThroughput } from './list-throughput';
import { type Measure, type Measurement } from './measurement';
import { type BenchOptions, HELP, type MeasurementId, readOptions, WrongFlag } from './options';
import { measurePullCost } from './pull-cost';
import { asJson, asTable, keepsBar, machineFacts } from './report';
import { measureReplay } from './replay';
import { measureStartUp } from './start-up';
import { measureTokenCost } from './token-cost';
import { measureTokenDelay } from './token-delay';
import { measureTurnCommits } from './turn-commits';
import { Workshop } from './workshop';

/** Every step has a limit of its own; this one is for what was not thought of. */
const TIME_LIMIT_MS = 30 * 60_000;

const MEASURES: Record<MeasurementId, Measure> = {
  a: measureTokenCost,
  b: measureTokenDelay,
  c: measureListThroughput,
  d: measureStartUp,
  e: measureListDepth,
  f: measureConversationRead,
  g: measurePullCost,
  h: measureImport,
  i: measureTurnCommits,
  j: measureDeliveries,
  k: measureReplay,
};

/** @returns whether all bars are kept */
async function bench({ only, rounds, quick, out }: BenchOptions, workshop: Workshop): Promise<boolean> {
  const machine = machineFacts();
  console.log(`${machine.cores} × ${machine.cpu}, Node ${machine.node}, load ${machine.load_average}\n`);
  const measurements: Measurement[] = [];
  for (const id of only) {
    const tell = (text: string) => process.stderr.write(`(${id}) ${text}\n`);
    const found = await MEASURES[id]({ workshop, rounds, quick, tell });
    const measurement = quick ? withoutBars(found) : found;
    measurements.push(measurement);
    console.log(asTable(measurement));
  }
  writeFileSync(out, asJson(machine, measurements));
  console.log(`Figures: ${out}`);
  return measurements.flatMap(({ ratios }) => ratios).every((ratio) => keepsBar(ratio) !== false);
}

/** One short round says nothing about a bar. */
function withoutBars(measurement: Measurement): Measurement {
  const ratios = measurement.ratios.map(({ name, values }) => ({ name, values }));
  return { ...measurement, ratios };
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    console.log(HELP);
    return;
  }
  const workshop = new Workshop();
  process.on('exit', () => workshop.close());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => process.exit(130));
  }
  const limit = setTimeout(() => {
    console.error(`The bench has not ended within ${TIME_LIMIT_MS / 60_000} minutes.`);
    process.exit(1);
  }, TIME_LIMIT_MS);
  process.exitCode = (await bench(options, workshop)) ? 0 : 1;
  await workshop.stopAll();
  clearTimeout(limit);
}

main().catch((error: unknown) => {
  console.error(error instanceof WrongFlag ? error.message : error);
  process.exit(1);
});
