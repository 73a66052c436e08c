import { setTimeout as sleep } from 'node:timers/promises';
import { type Helper } from './helper';
import { interleave, type Figure, type Measurement, type MeasurementOrder } from './measurement';
import { sharedClockUs } from './process-facts';
import { startExperiment } from './requests';
import { percentile } from './statistics';
import { type WatcherCommands } from './watcher';
import { type Workshop } from './workshop';

const TOKENS_PER_SECOND = 50;
const SETTLE_MS = 500;
/** Answers last longer than needed, for a machine on which starting them takes its time. */
const SPARE_MS = 2_000;

/** What is compared: how many runs there are at once, and how long text is gathered. */
interface Case {
  readonly runs: number;
  readonly intervalMs: number;
  readonly url: string;
}

/** Time from the moment when a token leaves the model server until its delta is at the client. */
export async function measureTokenDelay({
  workshop,
  tell,
  ...order
}: MeasurementOrder): Promise<Measurement> {
  const rounds = order.rounds ?? (order.quick ? 1 : 3);
  const windowMs = order.quick ? 1_000 : 3_000;
  const watcher = workshop.startHelper<WatcherCommands>('watcher.js');
  const cases = await startCases(workshop, windowMs);
  tell('warming up');
  await delays({ ...cases[0], runs: 20 }, watcher, 0);
  await delays({ ...cases[2], runs: 20 }, watcher, 0);
  const results = await interleave(
    rounds,
    cases.map((one) => (round) => {
      tell(`round ${round} of ${rounds}: ${nameOf(one)}`);
      return delays(one, watcher, windowMs);
    }),
  );
  await workshop.stopAll();
  return {
    id: 'b',
    title: `Time from a token to its delta at the client, ${TOKENS_PER_SECOND} tokens/s per run`,
    figures: cases.flatMap((one, index) => delayFigures(one, results[index] ?? [])),
    ratios: [],
    notes: [
      'From the write of the model server to the client, so both network hops are in it.',
      'A token waits for others for up to DELTA_INTERVAL_MS (40 unless set); with 1 ms it is seen what else there is.',
    ],
  };
}

async function startCases(workshop: Workshop, windowMs: number) {
  const tokens = Math.ceil(((windowMs + SETTLE_MS + SPARE_MS) / 1000) * TOKENS_PER_SECOND);
  const { url: ollamaUrl } = await workshop.startListener('token-server.js', `${tokens}`);
  const startServer = (intervalMs: number) =>
    workshop.startServer({
      OLLAMA_URL: ollamaUrl,
      OLLAMA_NUM_PARALLEL: '50',
      DELTA_INTERVAL_MS: `${intervalMs}`,
    });
  const { url: merging } = await startServer(40);
  const { url: hurrying } = await startServer(1);
  return [
    { runs: 1, intervalMs: 40, url: merging },
    { runs: 50, intervalMs: 40, url: merging },
    { runs: 1, intervalMs: 1, url: hurrying },
    { runs: 50, intervalMs: 1, url: hurrying },
  ] as const satisfies readonly Case[];
}

function nameOf({ runs, intervalMs }: Case): string {
  return `${runs} at once, merged every ${intervalMs} ms`;
}

function delayFigures(one: Case, rounds: readonly (readonly number[])[]): Figure[] {
  return [0.5, 0.99].map((share) => ({
    name: `${nameOf(one)}, p${share * 100}`,
    unit: 'ms',
    values: rounds.map((found) => percentile(found, share)),
  }));
}

/** Runs as many experiments and gives the delays of the tokens sent while all of them were watched. */
async function delays(
  { runs, url }: Case,
  watcher: Helper<WatcherCommands>,
  windowMs: number,
): Promise<number[]> {
  await watcher.ask('connect', { url, clients: runs });
  const ids = await Promise.all(Array.from({ length: runs }, () => startExperiment(url, 'Say something.')));
  await Promise.all(ids.map((experimentId) => watcher.ask('watch', { experimentId })));
  await sleep(SETTLE_MS);
  const fromUs = sharedClockUs();
  await sleep(windowMs);
  const toUs = sharedClockUs();
  const { complete } = await watcher.ask('finish');
  if (complete !== runs) {
    throw new Error(`Only ${complete} of ${runs} watchers got the whole text.`);
  }
  return watcher.ask('latenciesMs', { fromUs, toUs });
}
