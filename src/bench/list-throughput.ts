import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Helper } from './helper';
import { type LoadCommands } from './load';
import { interleave, type Measurement, type MeasurementOrder } from './measurement';
import { cpuMs } from './process-facts';
import { requestJson, startExperiment } from './requests';
import { quotients } from './statistics';
import { type Workshop } from './workshop';

const EXPERIMENTS = 100;
const CONNECTIONS = 16;
const WARM_UP_MS = 2_000;

/** A program that answers with the list. */
interface Way {
  readonly name: string;
  readonly pid: number;
  readonly url: string;
}

interface Sample {
  readonly perSecond: number;
  readonly cpuUs: number;
}

/** The list of experiments, against a bare Nest app that answers with the same list from memory. */
export async function measureListThroughput({
  workshop,
  tell,
  ...order
}: MeasurementOrder): Promise<Measurement> {
  const rounds = order.rounds ?? (order.quick ? 1 : 15);
  const ms = order.quick ? 500 : 1_000;
  tell(`making ${EXPERIMENTS} experiments`);
  const { backend, listJson } = await startBackend(workshop);
  const ways = [backend, await startBareNest(workshop, listJson)];
  await checkSameSize(ways);
  const load = workshop.startHelper<LoadCommands>('load.js');
  tell('warming up');
  for (const way of ways) {
    await sample(load, way, WARM_UP_MS);
  }
  const samples = await interleave(
    rounds,
    ways.map((way) => (round) => {
      tell(`round ${round} of ${rounds}: ${way.name}`);
      return sample(load, way, ms);
    }),
  );
  await workshop.stopAll();
  return measurementOf(samples, listJson.length);
}

function measurementOf([backend = [], bareNest = []]: Sample[][], bytes: number): Measurement {
  const perSecond = (samples: readonly Sample[]) => samples.map((one) => one.perSecond);
  const cpuUs = (samples: readonly Sample[]) => samples.map((one) => one.cpuUs);
  return {
    id: 'c',
    title: `GET of a list of ${EXPERIMENTS} experiments (${Math.round(bytes / 1000)} kB), ${CONNECTIONS} connections`,
    figures: [
      { name: 'backend', unit: 'requests/s', values: perSecond(backend) },
      { name: 'bare Nest on express', unit: 'requests/s', values: perSecond(bareNest) },
      { name: 'backend, CPU per request', unit: 'µs', values: cpuUs(backend) },
      { name: 'bare Nest on express, CPU per request', unit: 'µs', values: cpuUs(bareNest) },
    ],
    ratios: [
      {
        name: 'throughput, backend / bare Nest',
        values: quotients(perSecond(backend), perSecond(bareNest)),
        bar: { kind: 'at least', value: 0.7 },
      },
      { name: 'CPU per request, bare Nest / backend', values: quotients(cpuUs(bareNest), cpuUs(backend)) },
    ],
    notes: [
      'The bare app holds the list in memory as objects; the backend reads it from its database each time.',
    ],
  };
}

async function startBackend(workshop: Workshop): Promise<{ backend: Way; listJson: string }> {
  const simulator = await workshop.startSimulator({ tokensPerSecond: 0, slots: CONNECTIONS });
  const { server, url } = await workshop.startServer({
    OLLAMA_URL: simulator.url,
    OLLAMA_NUM_PARALLEL: `${CONNECTIONS}`,
  });
  const backend = { name: 'backend', pid: server.pid, url: `${url}/api/experiments` };
  return { backend, listJson: await fillList(url, backend.url) };
}

async function startBareNest(workshop: Workshop, listJson: string): Promise<Way> {
  const file = join(workshop.newFolder('list-'), 'list.json');
  writeFileSync(file, listJson);
  const { child, url } = await workshop.startListener('baselines/bare-nest.js', file);
  return { name: 'bare Nest', pid: child.pid, url: `${url}/list` };
}

/** Makes the experiments, waits until they have ended, and gives the text of the list. */
async function fillList(url: string, listUrl: string): Promise<string> {
  for (let made = 1; made <= EXPERIMENTS; made += 1) {
    await startExperiment(url, `Plan a weekend in town number ${made}.`);
  }
  for (;;) {
    const list = await requestJson<{ experiments: { status: string }[] }>(listUrl);
    if (list.experiments.every(({ status }) => status === 'completed')) {
      return JSON.stringify(list);
    }
    if (list.experiments.some(({ status }) => status === 'error')) {
      throw new Error('An experiment of the list has failed.');
    }
    await sleep(100);
  }
}

async function checkSameSize(ways: readonly Way[]): Promise<void> {
  const sizes = await Promise.all(
    ways.map(async ({ url }) => (await (await fetch(url)).arrayBuffer()).byteLength),
  );
  if (new Set(sizes).size !== 1) {
    throw new Error(`The lists differ in size: ${sizes.join(' and ')} bytes.`);
  }
}

async function sample(load: Helper<LoadCommands>, { pid, url }: Way, ms: number): Promise<Sample> {
  const before = cpuMs(pid);
  const result = await load.ask('run', { url, connections: CONNECTIONS, ms });
  return {
    perSecond: (result.requests * 1000) / result.ms,
    cpuUs: ((cpuMs(pid) - before) * 1000) / result.requests,
  };
}
