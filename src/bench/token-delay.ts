import { setTimeout as sleep } from 'node:timers/promises';
import { type Helper } from './helper';
import { interleave, type Figure, type Measurement, type MeasurementOrder } from './measurement';
import { sharedClockUs } from './process-facts';
import { startExperiment } from './requests';
import { percentile } from './statistics';
import { type WatcherCommands } from './watcher';

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
export async function measureTokenDelay(order: MeasurementOrder): Promise<Measurement> {
  const { workshop, tell } = order;
  const rounds = order.rounds ?? (order.quick ? 1 : 3);
  const windowMs = order.quick ? 1_000 : 3_000;
  const tokens = Math.ceil(((windowMs + SETTLE_MS + SPARE_MS) / 1000) * TOKENS_PER_SECOND);
  const { url: ollamaUrl } = await workshop.startListener('token-server.js', `${tokens}`);
  const watcher = workshop.startHelper<WatcherCommands>('watcher.js');
  const cases: Case[] = [];
  for (const intervalMs of [40, 1]) {
    const { url } = await workshop.startServer({
      OLLAMA_URL: ollamaUrl,
      OLLAMA_NUM_PARALLEL: '50',
      DELTA_INTERVAL_MS: `${intervalMs}`,
    });
    cases.push(...[1, 50].map((runs) => ({ runs, intervalMs, url })));
    await latencies({ runs: 20, intervalMs, url }, watcher, 0);
  }
  const results = await interleave(
    rounds,
    cases.map((one) => (round) => {
      tell(`round ${round} of ${rounds}, ${one.runs} at once, merged every ${one.intervalMs} ms`);
      return latencies(one, watcher, windowMs);
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
      'DELTA_INTERVAL_MS is 40 unless it is set: a token waits for up to that long to be sent with others. ' +
        'The lines with 1 ms show what remains without that wait.',
    ],
  };
}

function delayFigures({ runs, intervalMs }: Case, rounds: readonly (readonly number[])[]): Figure[] {
  const name = `${runs} at once, merged every ${intervalMs} ms`;
  return [0.5, 0.99].map((share) => ({
    name: `${name}, p${share * 100}`,
    unit: 'ms',
    values: rounds.map((delays) => percentile(delays, share)),
  }));
}

/** Runs as many experiments and gives the delays of the tokens sent while all of them were watched. */
async function latencies(
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
