import { setTimeout as sleep } from 'node:timers/promises';
import { type Child } from './child';
import { interleave, type Measurement, type MeasurementOrder } from './measurement';
import { memoryMb } from './process-facts';

const NOWHERE = 'http://127.0.0.1:9';

interface Sample {
  readonly startMs: number;
  readonly idleMb: number;
}

/** Time until the server listens, and what it holds while nobody uses it; a bare Node server beside it. */
export async function measureStartUp(order: MeasurementOrder): Promise<Measurement> {
  const { workshop, tell } = order;
  const rounds = order.rounds ?? (order.quick ? 1 : 5);
  const idleMs = order.quick ? 300 : 3_000;
  const data = workshop.newFolder('data-');
  const startServer = async () => (await workshop.startServer({ OLLAMA_URL: NOWHERE }, data)).server;
  const startBare = async () => (await workshop.startListener('baselines/bare-http.js')).child;

  const sample = async (start: () => Promise<Child>): Promise<Sample> => {
    const startedAt = performance.now();
    const child = await start();
    const startMs = performance.now() - startedAt;
    await sleep(idleMs);
    const idleMb = memoryMb(child.pid);
    await workshop.stop(child);
    return { startMs, idleMb };
  };

  tell('making the database');
  await workshop.stop(await startServer());
  const [backend = [], bare = []] = await interleave(
    rounds,
    [startServer, startBare].map((start) => (round) => {
      tell(`round ${round} of ${rounds}`);
      return sample(start);
    }),
  );
  const startMs = (samples: readonly Sample[]) => samples.map((one) => one.startMs);
  const idleMb = (samples: readonly Sample[]) => samples.map((one) => one.idleMb);
  return {
    id: 'd',
    title: 'Start and idle memory',
    figures: [
      { name: 'backend, start to listening', unit: 'ms', values: startMs(backend) },
      { name: 'bare node:http, start to listening', unit: 'ms', values: startMs(bare) },
      { name: 'backend, memory when idle', unit: 'MB', values: idleMb(backend) },
      { name: 'bare node:http, memory when idle', unit: 'MB', values: idleMb(bare) },
    ],
    ratios: [],
    notes: ['With an existing, empty database. Memory is RSS 3 s after the start.'],
  };
}
