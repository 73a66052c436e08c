import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Helper } from './helper';
import { type LoadCommands } from './load';
import { interleave, type Measurement, type MeasurementOrder } from './measurement';
import { cpuMs } from './process-facts';
import { requestJson, startExperiment } from './requests';
import { quotients } from './statistics';

const EXPERIMENTS = 100;
const CONNECTIONS = 16;

interface Sample {
  readonly perSecond: number;
  readonly cpuUs: number;
}

/** The list of experiments, against a bare Nest app that answers with the same list from memory. */
export async function measureListThroughput(order: MeasurementOrder): Promise<Measurement> {
  const { workshop, tell } = order;
  const rounds = order.rounds ?? (order.quick ? 1 : 15);
  const ms = order.quick ? 500 : 1_000;
  const simulator = await workshop.startSimulator({ tokensPerSecond: 0, slots: 16 });
  const { server, url } = await workshop.startServer({
    OLLAMA_URL: simulator.url,
    OLLAMA_NUM_PARALLEL: '16',
  });
  tell(`making ${EXPERIMENTS} experiments`);
  const listUrl = `${url}/api/experiments`;
  const listJson = await fillList(url, listUrl);
  const file = join(workshop.newFolder('list-'), 'list.json');
  writeFileSync(file, listJson);
  const bare = await workshop.startListener('baselines/bare-nest.js', file);
  const load = workshop.startHelper<LoadCommands>('load.js');
  const ways = [
    { pid: server.pid, url: listUrl },
    { pid: bare.child.pid, url: `${bare.url}/list` },
  ];
  await checkSameSize(ways.map((way) => way.url));
  tell('warming up');
  await interleave(
    1,
    ways.map((way) => () => sample(load, way, ms)),
  );
  const [backend = [], bareNest = []] = await interleave(
    rounds,
    ways.map((way) => (round) => {
      tell(`round ${round} of ${rounds}`);
      return sample(load, way, ms);
    }),
  );
  await workshop.stopAll();
  const perSecond = (samples: readonly Sample[]) => samples.map((one) => one.perSecond);
  const cpuUs = (samples: readonly Sample[]) => samples.map((one) => one.cpuUs);
  return {
    id: 'c',
    title: `GET of a list of ${EXPERIMENTS} experiments (${Math.round(listJson.length / 1000)} kB), ${CONNECTIONS} connections`,
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

async function checkSameSize(urls: readonly string[]): Promise<void> {
  const sizes = await Promise.all(
    urls.map(async (url) => (await (await fetch(url)).arrayBuffer()).byteLength),
  );
  if (new Set(sizes).size !== 1) {
    throw new Error(`The lists differ in size: ${sizes.join(' and ')} bytes.`);
  }
}

async function sample(
  load: Helper<LoadCommands>,
  { pid, url }: { readonly pid: number; readonly url: string },
  ms: number,
): Promise<Sample> {
  const before = cpuMs(pid);
  const result = await load.ask('run', { url, connections: CONNECTIONS, ms });
  return {
    perSecond: (result.requests * 1000) / result.ms,
    cpuUs: ((cpuMs(pid) - before) * 1000) / result.requests,
  };
}
