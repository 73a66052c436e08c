import { setTimeout as sleep } from 'node:timers/promises';
import { type ReaderCommands } from './baselines/read-streams';
import { type Helper } from './helper';
import { interleave, type Measurement, type MeasurementOrder } from './measurement';
import { cpuMs } from './process-facts';
import { MODEL, startExperiment } from './requests';
import { type Simulator } from './simulator-control';
import { quotients } from './statistics';
import { type WatcherCommands } from './watcher';
import { type Workshop } from './workshop';

const TOKENS_PER_SECOND = 50;
/** Milliseconds between the starts of two streams, for all ways alike: streams in step would cost less. */
const START_EVERY_MS = 10;
const PROMPT = 'Describe the harbour.';
/** Streams last longer than needed, for a machine on which starting them takes its time. */
const SPARE_MS = 2_000;
/** Times that a sample is taken again when it was spoilt. */
const TRIES = 3;

/** How many streams are read, and for how long they are measured. */
interface Size {
  readonly streams: number;
  readonly settleMs: number;
  readonly windowMs: number;
}

const FULL: Size = { streams: 100, settleMs: 500, windowMs: 3_500 };
const QUICK: Size = { streams: 20, settleMs: 300, windowMs: 1_500 };

/** One way of reading streams: starts them all and waits for their end. */
interface Way {
  readonly name: string;
  readonly pid: number;
  readonly read: () => Promise<void>;
}

interface Sample {
  readonly usPerToken: number;
  readonly tokensPerSecond: number;
}

/** CPU per streamed token: the server with one watcher for each run, against bare programs that read equal streams. */
export async function measureTokenCost({ workshop, tell, ...order }: MeasurementOrder): Promise<Measurement> {
  const size = order.quick ? QUICK : FULL;
  const rounds = order.rounds ?? (order.quick ? 1 : 5);
  const simulator = await workshop.startSimulator({
    tokensPerSecond: TOKENS_PER_SECOND,
    slots: size.streams,
  });
  await simulator.answerWith(answerTokens(size));
  const ways = await startWays(workshop, simulator, size);
  tell('warming up');
  for (const way of ways) {
    await way.read();
  }
  const samples = await interleave(
    rounds,
    ways.map((way) => (round) => {
      tell(`round ${round} of ${rounds}: ${way.name}`);
      return sample(way, simulator, size);
    }),
  );
  await workshop.stopAll();
  return measurementOf(samples, size);
}

async function startWays(workshop: Workshop, simulator: Simulator, size: Size): Promise<Way[]> {
  const { server, url } = await workshop.startServer({
    OLLAMA_URL: simulator.url,
    OLLAMA_NUM_PARALLEL: `${size.streams}`,
  });
  const watcher = workshop.startHelper<WatcherCommands>('watcher.js');
  return [
    { name: 'backend', pid: server.pid, read: () => readThroughServer(url, watcher, size.streams) },
    readerWay('bare fetch', workshop.startHelper('baselines/fetch-reader.js'), simulator, size),
    readerWay('LangChain alone', workshop.startHelper('baselines/langchain-reader.js'), simulator, size),
  ];
}

function measurementOf([backend = [], bareFetch = [], langChain = []]: Sample[][], size: Size): Measurement {
  const cost = (samples: readonly Sample[]) => samples.map(({ usPerToken }) => usPerToken);
  return {
    id: 'a',
    title: `CPU per streamed token, ${size.streams} streams at ${TOKENS_PER_SECOND} tokens/s`,
    figures: [
      { name: 'backend, one watcher per run', unit: 'µs', values: cost(backend) },
      { name: 'bare fetch + line split', unit: 'µs', values: cost(bareFetch) },
      { name: 'ChatOllama.stream of LangChain alone', unit: 'µs', values: cost(langChain) },
      {
        name: 'tokens that arrived during the backend rounds',
        unit: 'per second',
        values: backend.map(({ tokensPerSecond }) => tokensPerSecond),
      },
    ],
    ratios: [
      {
        name: 'backend / bare fetch',
        values: quotients(cost(backend), cost(bareFetch)),
        bar: { kind: 'at most', value: 2.5 },
      },
      { name: 'LangChain alone / bare fetch', values: quotients(cost(langChain), cost(bareFetch)) },
    ],
    notes: ['CPU of the reading process alone, user and system; simulator and watchers run elsewhere.'],
  };
}

/** Tokens that last from the first start to well after the window of the last one. */
function answerTokens({ streams, settleMs, windowMs }: Size): number {
  const ms = streams * START_EVERY_MS + settleMs + windowMs + SPARE_MS;
  return Math.ceil((ms / 1000) * TOKENS_PER_SECOND);
}

function readerWay(name: string, reader: Helper<ReaderCommands>, { url }: Simulator, { streams }: Size): Way {
  return {
    name,
    pid: reader.pid,
    read: async () => {
      await reader.ask('read', { url, model: MODEL, prompt: PROMPT, streams, everyMs: START_EVERY_MS });
    },
  };
}

async function readThroughServer(url: string, watcher: Helper<WatcherCommands>, runs: number): Promise<void> {
  await watcher.ask('connect', { url, clients: runs });
  const starts: Promise<void>[] = [];
  for (let started = 0; started < runs; started += 1) {
    starts.push(startWatched(url, watcher));
    await sleep(START_EVERY_MS);
  }
  await Promise.all(starts);
  const { complete } = await watcher.ask('finish');
  if (complete !== runs) {
    throw new Error(`Only ${complete} of ${runs} watchers got the whole text.`);
  }
}

async function startWatched(url: string, watcher: Helper<WatcherCommands>): Promise<void> {
  await watcher.ask('watch', { experimentId: await startExperiment(url, PROMPT) });
}

async function sample(way: Way, simulator: Simulator, size: Size): Promise<Sample> {
  for (let left = TRIES; left > 0; left -= 1) {
    const [result] = await Promise.all([sampleWindow(way.pid, simulator, size), way.read()]);
    if (result) {
      return result;
    }
  }
  throw new Error('Streams ended before they could be measured: the machine is too busy.');
}

/** Measures while all streams run; null when one ended before. */
async function sampleWindow(pid: number, simulator: Simulator, size: Size): Promise<Sample | null> {
  await simulator.untilSending(size.streams);
  await sleep(size.settleMs);
  const before = await reading(pid, simulator);
  await sleep(size.windowMs);
  const after = await reading(pid, simulator);
  if (after.sending < size.streams) {
    return null;
  }
  const tokens = after.tokens - before.tokens;
  return {
    usPerToken: ((after.cpu - before.cpu) * 1000) / tokens,
    tokensPerSecond: (tokens * 1000) / (after.at - before.at),
  };
}

async function reading(pid: number, simulator: Simulator) {
  const { tokensSent, phases } = await simulator.stats();
  return { tokens: tokensSent, sending: phases.generating, cpu: cpuMs(pid), at: performance.now() };
}
