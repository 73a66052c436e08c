import { writeFileSync } from 'node:fs';
import { measureConversationRead } from './conversation-read';
import { measureDeliveries } from './deliveries';
import { measureImport } from './import-old-data';
import { measureListDepth } from './list-depth';
import { measureListThroughput } from './list-throughput';
import { type Measure, type Measurement } from './measurement';
import { type BenchOptions, HELP, type MeasurementId, readOptions } from './options';
import { measurePullCost } from './pull-cost';
import { asJson, asTable, keepsBar, machineFacts, withoutBars } from './report';
import { measureReplay } from './replay';
import { measureStartUp } from './start-up';
import { measureTokenCost } from './token-cost';
import { measureTokenDelay } from './token-delay';
import { measureTurnCommits } from './turn-commits';
import { runBench } from './run-bench';
import { type Workshop } from './workshop';

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

runBench({ readOptions, help: HELP, limitMs: TIME_LIMIT_MS, measure: bench });
