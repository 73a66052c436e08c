import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Measurement } from '../measurement';
import { asJson, asTable, keepsBar, machineFacts, withoutBars } from '../report';
import { runBench } from '../run-bench';
import { type Workshop } from '../workshop';
import { measureManyOpen } from './many-open';
import { HELP, type MeasurementId, readSchedulerOptions, type SchedulerBenchOptions } from './options';
import { pictureOf } from './picture';
import { measurePromptCache } from './prompt-cache';
import { Round } from './round';
import { joined } from './rounds';
import { measureSecondExperiment } from './second-experiment';
import { measureServers } from './servers';
import { measureSlots } from './slots';
import { measureTwoModels } from './two-models';

const TIME_LIMIT_MS = 6 * 60 * 60_000;

const MEASURES: Record<MeasurementId, (round: Round) => Promise<Measurement>> = {
  1: measureTwoModels,
  2: measureSlots,
  3: measureServers,
  4: measureManyOpen,
  5: measureSecondExperiment,
  6: measurePromptCache,
};

/** @returns whether all bars are kept */
async function bench(options: SchedulerBenchOptions, workshop: Workshop): Promise<boolean> {
  const { only, rounds, quick, out, timeline } = options;
  const machine = machineFacts();
  console.log(`${machine.cores} × ${machine.cpu}, Node ${machine.node}, load ${machine.load_average}\n`);
  let picture: string | null = null;
  const found = new Map<MeasurementId, Measurement[]>(only.map((id) => [id, []]));
  for (let count = 1; count <= rounds; count += 1) {
    const tell = (text: string) => process.stderr.write(`round ${count} of ${rounds}: ${text}\n`);
    const round = new Round(workshop, quick, tell);
    for (const [id, measurements] of found) {
      measurements.push(await MEASURES[id](round));
    }
    picture = only.includes('1') ? await pictureOf(round) : null;
  }
  const measurements = [...found.values()].map(joined).map((one) => (quick ? withoutBars(one) : one));
  measurements.forEach((measurement) => console.log(asTable(measurement)));
  writeFileSync(out, asJson(machine, measurements));
  console.log(`Figures: ${out}`);
  if (picture !== null) {
    mkdirSync(dirname(timeline), { recursive: true });
    writeFileSync(timeline, picture);
    console.log(`Picture: ${timeline}`);
  }
  return measurements.flatMap(({ ratios }) => ratios).every((ratio) => keepsBar(ratio) !== false);
}

runBench({
  readOptions: readSchedulerOptions,
  help: HELP,
  limitMs: TIME_LIMIT_MS,
  measure: bench,
});
