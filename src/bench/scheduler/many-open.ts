import { setTimeout as sleep } from 'node:timers/promises';
import { type Measurement } from '../measurement';
import { cpuMs, memoryMb } from '../process-facts';
import { requestJson } from '../requests';
import { openRuns } from './open-runs';
import { type Rig, startRig } from './rig';
import { type Round } from './round';
import { startStudy, TWO_MODELS } from './study';

const SLOTS = 4;
const MOST_SCHEDULING = 0.02;
const MOST_MEMORY_MB = 300;
const SAMPLE_MS = 250;
/** Until a server that has just started is quiet. */
const SETTLE_MS = 3_000;
const OPENING_LIMIT_MS = 60_000;
/** Part of the conversations that must be open at any moment: one ends before the next begins. */
const NEARLY_ALL = 0.98;

/** What a stretch with all conversations open has cost the server. */
interface Cost {
  /** Parts of one core. */
  readonly scheduling: number;
  readonly cpu: number;
  readonly memoryMb: number;
}

/** A thousand conversations side by side, one model, four slots. More items than that, so that as many stay open. */
export async function measureManyOpen(round: Round): Promise<Measurement> {
  const open = round.isQuick ? 50 : 1_000;
  const [model] = TWO_MODELS;
  round.tell(`${open} open conversations`);
  const rig = await startRig(round.workshop, { slots: SLOTS });
  await sleep(SETTLE_MS);
  const idleMb = memoryMb(rig.server.pid);
  const id = await startStudy(rig.url, { models: [model, model], items: 2 * open, parallelism: open });
  await untilOpen(rig, id, open * NEARLY_ALL);
  const cost = await costOf(rig, round.isQuick ? 2_000 : 60_000);
  const stillOpen = openRuns(rig.dataDirectory, id);
  await round.workshop.stopAll();
  if (stillOpen < open * NEARLY_ALL) {
    throw new Error(`Only ${stillOpen} of ${open} conversations were open at the end.`);
  }
  const aboveIdle = cost.memoryMb - idleMb;
  return {
    id: '4',
    title: `${open} open conversations, one model, four slots`,
    figures: [
      { name: 'scheduling, of one core', unit: '%', values: [cost.scheduling * 100] },
      { name: 'all that the server does, of one core', unit: '%', values: [cost.cpu * 100] },
      { name: 'memory when idle (RSS)', unit: 'MB', values: [idleMb] },
      { name: 'memory above that, at most', unit: 'MB', values: [aboveIdle] },
    ],
    ratios: [
      {
        name: `scheduling / ${MOST_SCHEDULING * 100} % of a core`,
        values: [cost.scheduling / MOST_SCHEDULING],
        bar: { kind: 'at most', value: 1 },
      },
      {
        name: `memory above idle / ${MOST_MEMORY_MB} MB`,
        values: [aboveIdle / MOST_MEMORY_MB],
        bar: { kind: 'at most', value: 1 },
      },
    ],
    notes: ['Scheduling is what GET /api/ollama/scheduler says of itself: the time it has computed.'],
  };
}

async function untilOpen({ dataDirectory }: Rig, id: string, wanted: number): Promise<void> {
  const deadline = Date.now() + OPENING_LIMIT_MS;
  while (openRuns(dataDirectory, id) < wanted) {
    if (Date.now() > deadline) {
      throw new Error(`There were never ${wanted} conversations open.`);
    }
    await sleep(SAMPLE_MS);
  }
}

async function costOf({ url, server }: Rig, ms: number): Promise<Cost> {
  const schedulingMs = async () => {
    const { scheduling_ms: spent } = await requestJson<{ scheduling_ms: number }>(
      `${url}/api/ollama/scheduler`,
    );
    return spent;
  };
  const startedAt = performance.now();
  const scheduledBefore = await schedulingMs();
  const cpuBefore = cpuMs(server.pid);
  let mostMb = 0;
  while (performance.now() - startedAt < ms) {
    mostMb = Math.max(mostMb, memoryMb(server.pid));
    await sleep(SAMPLE_MS);
  }
  const wallMs = performance.now() - startedAt;
  return {
    scheduling: ((await schedulingMs()) - scheduledBefore) / wallMs,
    cpu: (cpuMs(server.pid) - cpuBefore) / wallMs,
    memoryMb: mostMb,
  };
}
