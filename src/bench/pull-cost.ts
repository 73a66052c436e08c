import { setTimeout as sleep } from 'node:timers/promises';
import { type Measurement, type MeasurementOrder } from './measurement';
import { cpuMs } from './process-facts';
import { type PullWatcherCommands } from './pull-watchers';
import { requestJson } from './requests';

const PULLS = 10;
const WATCHERS = 200;
/** Slow enough that no pull ends while it is measured. */
const BYTES_PER_SECOND = 1_000_000;

/** CPU of the server while ten models are pulled, each with 16 lines a second, and 200 clients watch. */
export async function measurePullCost({ workshop, tell, ...order }: MeasurementOrder): Promise<Measurement> {
  const rounds = order.rounds ?? (order.quick ? 1 : 7);
  const ms = order.quick ? 500 : 4_000;
  const simulator = await workshop.startSimulator({ tokensPerSecond: 0, slots: 1 });
  await simulator.configure({ pullBytesPerSecond: BYTES_PER_SECOND });
  const { server, url } = await workshop.startServer({
    OLLAMA_URL: simulator.url,
    OLLAMA_MODELS_DIR: workshop.newFolder('models-'),
    PULL_MAX_CONCURRENCY: `${PULLS}`,
  });
  const taskIds: string[] = [];
  for (let made = 1; made <= PULLS; made += 1) {
    const { task_id: id } = await requestJson<{ task_id: string }>(`${url}/api/models/pull`, {
      name: `bench-${made}:7b`,
    });
    taskIds.push(id);
  }
  const watchers = workshop.startHelper<PullWatcherCommands>('pull-watchers.js');
  await watchers.ask('connect', { url, taskIds, clients: WATCHERS });
  const shares: number[] = [];
  const delivered: number[] = [];
  await sleep(ms);
  for (let round = 1; round <= rounds; round += 1) {
    tell(`round ${round} of ${rounds}`);
    await watchers.ask('received');
    const startedAt = performance.now();
    const before = cpuMs(server.pid);
    await sleep(ms);
    const wallMs = performance.now() - startedAt;
    shares.push((cpuMs(server.pid) - before) / wallMs);
    delivered.push(((await watchers.ask('received')) * 1_000) / wallMs);
  }
  const tasks = await requestJson<Record<string, { status: string }>>(`${url}/api/models/pull`);
  if (!Object.values(tasks).every(({ status }) => status === 'running')) {
    throw new Error('Not all pulls ran to the end of the measurement.');
  }
  await watchers.ask('leave');
  await workshop.stopAll();
  return {
    id: 'g',
    title: `${PULLS} pulls of 16 lines a second with ${WATCHERS} watchers`,
    figures: [
      { name: 'CPU share of one core', unit: '%', values: shares.map((share) => share * 100) },
      { name: 'deliveries to watchers', unit: '1/s', values: delivered },
    ],
    ratios: [{ name: 'CPU share of one core', values: shares, bar: { kind: 'at most', value: 0.3 } }],
    notes: [
      'Half of the watchers are Socket.IO clients that see all pulls, half plain sockets that see one.',
    ],
  };
}
