import { setTimeout as sleep } from 'node:timers/promises';
import { type Child } from './child';
import { type Measurement, type MeasurementOrder } from './measurement';
import { memoryMb } from './process-facts';
import { type Workshop } from './workshop';

/** Nothing listens there; the server does not need Ollama to start. */
const NO_OLLAMA = 'http://127.0.0.1:9';

interface Started {
  readonly child: Child;
  readonly startMs: number;
}

/** What one round found for one program. */
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
  const startServer = async () => (await workshop.startServer({ OLLAMA_URL: NO_OLLAMA }, data)).server;
  const startBare = async () => (await workshop.startListener('baselines/bare-http.js')).child;
  tell('making the database');
  await workshop.stop(await startServer());
  const backend: Sample[] = [];
  const bare: Sample[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    tell(`round ${round} of ${rounds}`);
    const server = await timed(startServer);
    const bareServer = await timed(startBare);
    await sleep(idleMs);
    backend.push(await sample(workshop, server));
    bare.push(await sample(workshop, bareServer));
  }
  return {
    id: 'd',
    title: 'Start and idle memory',
    figures: [
      { name: 'backend, start to listening', unit: 'ms', values: backend.map(({ startMs }) => startMs) },
      { name: 'bare node:http, start to listening', unit: 'ms', values: bare.map(({ startMs }) => startMs) },
      { name: 'backend, memory when idle', unit: 'MB', values: backend.map(({ idleMb }) => idleMb) },
      { name: 'bare node:http, memory when idle', unit: 'MB', values: bare.map(({ idleMb }) => idleMb) },
    ],
    ratios: [],
    notes: [`With a database that exists. Memory is RSS ${idleMs / 1000} s after the start.`],
  };
}

async function timed(start: () => Promise<Child>): Promise<Started> {
  const startedAt = performance.now();
  const child = await start();
  return { child, startMs: performance.now() - startedAt };
}

async function sample(workshop: Workshop, { child, startMs }: Started): Promise<Sample> {
  const idleMb = memoryMb(child.pid);
  await workshop.stop(child);
  return { startMs, idleMb };
}
