import { writeFileSync } from 'node:fs';
import { machineFacts } from '../report';
import { runBench } from '../run-bench';
import { type Workshop } from '../workshop';
import { missedBars } from './bars';
import { type Figures } from './figures';
import { HELP, readWeakOptions, type Strength, type WeakBenchOptions } from './options';
import { type PatternName } from './patterns';
import { asJson, asTable } from './report';
import { runPattern } from './run-pattern';

const TIME_LIMIT_MS = 4 * 60 * 60_000;
/** Experiments at once. */
const AT_ONCE = 4;

/** Short answers: what matters here are the slips. */
const WORDS = { min: 8, max: 25 };

/** @returns whether all bars are kept */
async function bench(options: WeakBenchOptions, workshop: Workshop): Promise<boolean> {
  const machine = machineFacts();
  console.log(`${machine.cores} × ${machine.cpu}, Node ${machine.node}, load ${machine.load_average}\n`);
  const simulator = await workshop.startSimulator({ tokensPerSecond: 0, slots: 100 });
  const dataDirectory = workshop.newFolder('data-');
  const { url: serverUrl } = await workshop.startServer(
    { OLLAMA_URL: simulator.url, MAX_RUNNING_EXPERIMENTS: String(AT_ONCE) },
    dataDirectory,
  );
  const all: Figures[] = [];
  for (const strength of options.strengths) {
    const { seed, conversations } = options;
    await simulator.configure({ words: WORDS, seed, weak: { strength, seed } });
    const run = async (pattern: PatternName) => {
      all.push(await runPattern({ pattern, strength, conversations, seed, serverUrl, dataDirectory }));
      process.stderr.write(`${strength}: ${pattern} done\n`);
    };
    await eachOf(options.only, run);
    console.log(`${asTable(inOrder(all, options, strength))}\n`);
  }
  const ordered = options.strengths.flatMap((strength) => inOrder(all, options, strength));
  writeFileSync(options.out, asJson(machine, options, ordered));
  console.log(`Figures: ${options.out}`);
  const missed = options.short ? [] : ordered.flatMap(missedBars);
  missed.forEach((text) => console.log(`MISSED  ${text}`));
  return missed.length === 0;
}

async function eachOf<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      await run(item);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function inOrder(all: readonly Figures[], { only }: WeakBenchOptions, strength: Strength): Figures[] {
  return only.flatMap((pattern) =>
    all.filter((figures) => figures.pattern === pattern && figures.strength === strength),
  );
}

runBench({ readOptions: readWeakOptions, help: HELP, limitMs: TIME_LIMIT_MS, measure: bench });
