import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import SqliteFile from 'better-sqlite3';
import { type BareWriterCommands } from './baselines/bare-writer';
import { interleave, type Measurement, type MeasurementOrder } from './measurement';
import { cpuMs } from './process-facts';
import { requestJson, startTalk } from './requests';
import { quotients } from './statistics';

const EXPERIMENTS = 8;
const TURNS_OF_A_RUN = 50;
const NO_OLLAMA = 'http://127.0.0.1:9';

interface Sample {
  readonly perSecond: number;
  readonly cpuUs: number;
}

/** Turns stored per second by experiments that run side by side, against the bare driver writing the same rows. */
export async function measureTurnCommits({
  workshop,
  tell,
  ...order
}: MeasurementOrder): Promise<Measurement> {
  const rounds = order.rounds ?? (order.quick ? 1 : 9);
  const runs = order.quick ? 1 : 8;
  const data = workshop.newFolder('data-');
  const bareData = workshop.newFolder('bare-');
  const { server: maker } = await workshop.startServer({ OLLAMA_URL: NO_OLLAMA }, bareData);
  await workshop.stop(maker);
  const { child: server, url } = await workshop.startListenerWith('turn-server.js', {
    OLLAMA_URL: NO_OLLAMA,
    DATA_DIRECTORY: data,
  });
  const writer = workshop.startHelper<BareWriterCommands>('baselines/bare-writer.js');
  const source = join(data, 'llama-herd.sqlite');
  let experimentIds: string[] = [];
  const backend = async (): Promise<Sample> => {
    const before = cpuMs(server.pid);
    experimentIds = await talk(url, runs);
    const cpu = cpuMs(server.pid) - before;
    const { turns, ms } = storedTurns(source, experimentIds);
    checkTurns(turns, runs);
    return { perSecond: (turns * 1_000) / ms, cpuUs: (cpu * 1_000) / turns };
  };
  const bare = async (): Promise<Sample> => {
    const before = cpuMs(writer.pid);
    const target = join(bareData, 'llama-herd.sqlite');
    const { turns, ms } = await writer.ask('copy', { source, target, experimentIds });
    checkTurns(turns, runs);
    return { perSecond: (turns * 1_000) / ms, cpuUs: ((cpuMs(writer.pid) - before) * 1_000) / turns };
  };
  tell('warming up');
  await backend();
  await bare();
  const [backendSamples = [], bareSamples = []] = await interleave(rounds, [
    (round) => {
      tell(`round ${round} of ${rounds}`);
      return backend();
    },
    bare,
  ]);
  await workshop.stopAll();
  return measurementOf(backendSamples, bareSamples);
}

function measurementOf(backend: readonly Sample[], bare: readonly Sample[]): Measurement {
  const perSecond = (samples: readonly Sample[]) => samples.map((one) => one.perSecond);
  return {
    id: 'i',
    title: `Turns stored per second, ${EXPERIMENTS} experiments side by side`,
    figures: [
      { name: 'backend', unit: 'turns/s', values: perSecond(backend) },
      { name: 'bare better-sqlite3, same rows and transactions', unit: 'turns/s', values: perSecond(bare) },
      { name: 'backend, CPU per turn', unit: 'µs', values: backend.map((one) => one.cpuUs) },
    ],
    ratios: [
      {
        name: 'turns per second, backend / bare driver',
        values: quotients(perSecond(backend), perSecond(bare)),
        bar: { kind: 'at least', value: 0.4 },
      },
    ],
    notes: [
      'Both write with synchronous = FULL. The backend is all that runs turns, with a model that answers at once:',
      'prompt, text, two transactions per turn with their events, and the delivery of those.',
    ],
  };
}

/** Runs the experiments to their end. @returns their ids */
async function talk(url: string, runs: number): Promise<string[]> {
  const started = Array.from({ length: EXPERIMENTS }, () =>
    startTalk(url, { prompt: 'Describe the harbour.', runs, turns: TURNS_OF_A_RUN }),
  );
  const ids = await Promise.all(started);
  const list = `${url}/api/experiments?limit=${EXPERIMENTS}`;
  for (;;) {
    await sleep(200);
    const { experiments } = await requestJson<{ experiments: { status: string }[] }>(list);
    if (experiments.every(({ status }) => status === 'completed')) {
      return ids;
    }
  }
}

/** How many turns were stored, and the time from the first to the last of them. */
function storedTurns(file: string, experimentIds: readonly string[]) {
  const database = new SqliteFile(file, { readonly: true });
  const found = database
    .prepare(
      `SELECT COUNT(*) FILTER (WHERE type = 'message' AND turn_id IS NOT NULL) AS turns,
              (MAX(julianday(created_at)) - MIN(julianday(created_at))) * 86400000 AS ms
         FROM events WHERE experiment_id IN (SELECT value FROM json_each(?))`,
    )
    .get(JSON.stringify(experimentIds)) as { readonly turns: number; readonly ms: number };
  database.close();
  return found;
}

function checkTurns(turns: number, runs: number): void {
  const wanted = EXPERIMENTS * runs * TURNS_OF_A_RUN;
  if (turns !== wanted) {
    throw new Error(`${turns} turns were stored, not ${wanted}.`);
  }
}
