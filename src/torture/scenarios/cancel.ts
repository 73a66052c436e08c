import { setTimeout as wait } from 'node:timers/promises';
import { median } from '../../bench/statistics';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { get } from 'node:http';
import { SocketFollower } from '../clients/socket-follower';
import { roundRobin, selector, solo } from '../experiments';
import { type Random } from '../random';
import { type Findings, type Scenario } from '../scenario';
import { type ServerProcess } from '../server-process';
import { type SimulatorProcess } from '../simulator-process';
import { checkDatabase } from '../stored-rows';

const CONNECTION_LIMIT_MS = 1_000;
const STATE_LIMIT_MS = 2_000;
const SLOTS = 2;
const SLOW_MODEL = 'qwen3:8b';
const PHASES = [
  'waiting for a place to run',
  'waiting for a free slot',
  'loading the model',
  'waiting for the first token',
  'in the middle of the answer',
  'asking the selector',
  'resting before another try',
  'at a random moment',
] as const;
type Phase = (typeof PHASES)[number];

const WAYS = ['PUT status', 'POST stop', 'DELETE', 'POST pause now'] as const;
type Way = (typeof WAYS)[number];

/** Cancels in every phase (R8): the connection to Ollama is closed within a second, and only asking cancels, not a closed tab. */
export const cancel: Scenario = async ({ rig, random, rounds: asked, short, findings, tell }) => {
  const rounds = asked ?? (short ? 16 : 100);
  const simulator = await rig.simulator();
  const server = await rig.server(simulator.url, {
    OLLAMA_NUM_PARALLEL: String(SLOTS),
    MAX_RUNNING_EXPERIMENTS: String(SLOTS + 1),
    OLLAMA_RETRY_BACKOFF_SECONDS: '5',
  });
  await server.start();
  const stage = new Stage(server, simulator, random);
  const connectionMs: number[] = [];
  const stateMs: number[] = [];
  const perPhase: Record<string, number> = {};
  for (let round = 0; round < rounds; round += 1) {
    const phase = PHASES[round % PHASES.length] ?? PHASES[0];
    const way = WAYS[Math.floor(round / PHASES.length + round) % WAYS.length] ?? WAYS[0];
    const id = await stage.bring(phase, round);
    const took = await cancelOne(server, simulator, id, way, `${phase}, ${way}, round ${round}`, findings);
    connectionMs.push(took.connectionMs);
    stateMs.push(took.stateMs);
    perPhase[phase] = (perPhase[phase] ?? 0) + 1;
    await stage.clear(id);
    if ((round + 1) % 20 === 0) {
      tell(`${round + 1} of ${rounds} cancels`);
    }
  }
  const tabs = asked ?? (short ? 30 : 100);
  await closeTabs(server, simulator, random, tabs, findings);
  findings.equal((await server.terminate()).code, 0, 'exit code at the end');
  findings.equal(server.complaints, [], 'faults in the log');
  checkDatabase(server.dataDirectory, findings);
  return {
    rounds,
    figures: {
      'ms until the connection is closed, median': Math.round(median(connectionMs)),
      worst: Math.round(Math.max(...connectionMs)),
      'ms until the state is final, median': Math.round(median(stateMs)),
      'worst of these': Math.round(Math.max(...stateMs)),
      'tabs closed': tabs,
    },
  };
};

/** Brings an experiment into a phase, with whatever has to stand around it. */
class Stage {
  private around: string[] = [];

  constructor(
    private readonly server: ServerProcess,
    private readonly simulator: SimulatorProcess,
    private readonly random: Random,
  ) {}

  async bring(phase: Phase, round: number): Promise<string> {
    const mark = `[round ${round}]`;
    const start = (plan: object) => this.server.startExperiment(plan);
    const strike = (fault: object) =>
      this.simulator.faults({ times: 'forever', match: { contains: mark }, ...fault });
    switch (phase) {
      case 'waiting for a place to run':
        await this.block(SLOTS + 1, round);
        return start(roundRobin(mark));
      case 'waiting for a free slot':
        await this.block(SLOTS, round);
        return this.random.chance(0.5) ? start(roundRobin(mark)) : start(selector(mark));
      case 'loading the model': {
        await this.simulator.config({ models: [{ name: SLOW_MODEL, loadMs: 60_000 }] });
        const plan = roundRobin(mark);
        const id = await start({
          ...plan,
          agents: plan.agents.map((agent) => ({ ...agent, model: SLOW_MODEL })),
        });
        await this.reaches('stat=phases.loading&at_least=1');
        return id;
      }
      case 'waiting for the first token': {
        await strike({ fault: 'stall_before_first' });
        const id = await start(roundRobin(mark));
        await this.reaches('stat=faultsApplied&at_least=1');
        return id;
      }
      case 'in the middle of the answer': {
        await strike({ fault: 'stall_mid_stream', afterTokens: 3 });
        const id = await start(roundRobin(mark));
        await this.reaches('stat=tokensSent&at_least=3');
        return id;
      }
      case 'asking the selector': {
        await strike({ fault: 'stall_before_first', match: { contains: 'Choose the next speaker' } });
        const id = await start(selector(mark));
        await this.reaches('stat=faultsApplied&at_least=1');
        return id;
      }
      case 'resting before another try': {
        await strike({ fault: 'http_error', status: 503, text: 'server busy' });
        const id = await start(roundRobin(mark));
        await this.reaches('stat=faultsApplied&at_least=1');
        return id;
      }
      case 'at a random moment': {
        await this.simulator.config({ tokensPerSecond: 100, loadMs: 50 });
        const id = await start(selector(mark, { turns: 40 }));
        await wait(this.random.below(1_000));
        return id;
      }
    }
  }

  /** Removes all that is left, so that the next one begins alone. */
  async clear(id: string): Promise<void> {
    for (const each of [id, ...this.around.splice(0)]) {
      await this.server.send('DELETE', `/api/experiments/${each}`);
    }
    await this.simulator.control('reset');
  }

  /** Takes this many slots with calls that get no answer. */
  private async block(count: number, round: number): Promise<void> {
    const mark = `[around ${round}]`;
    await this.simulator.faults({ fault: 'stall_before_first', times: 'forever', match: { contains: mark } });
    for (let index = 0; index < count; index += 1) {
      this.around.push(await this.server.startExperiment(solo(mark)));
    }
    await this.reaches(`stat=activeChats&at_least=${Math.min(count, SLOTS)}`);
  }

  private async reaches(condition: string): Promise<void> {
    if (!(await this.simulator.reaches(condition, 15_000))) {
      throw new Error(`The simulator did not get to ${condition}.`);
    }
  }
}

const PATHS: Readonly<Record<Way, (id: string) => readonly [method: string, path: string, body?: object]>> = {
  'PUT status': (id) => ['PUT', `/api/experiments/${id}/status?status=completed`],
  'POST stop': (id) => ['POST', `/api/experiments/${id}/stop`, { keep: 'counted' }],
  DELETE: (id) => ['DELETE', `/api/experiments/${id}`],
  'POST pause now': (id) => ['POST', `/api/experiments/${id}/pause`, { when: 'now' }],
};
/** What it is then; null = gone. */
const STATES: Readonly<Record<Way, string | null>> = {
  'PUT status': 'cancelled',
  'POST stop': 'cancelled',
  DELETE: null,
  'POST pause now': 'paused',
};

async function cancelOne(
  server: ServerProcess,
  simulator: SimulatorProcess,
  id: string,
  way: Way,
  what: string,
  findings: Findings,
): Promise<{ readonly connectionMs: number; readonly stateMs: number }> {
  const mine = async () =>
    (await simulator.requests()).filter(({ body }) => JSON.stringify(body).includes(markOf(what)));
  const open = (await mine()).filter(({ outcome }) => outcome === 'running').map(({ id: key }) => key);
  const startedAt = performance.now();
  const [method, path, body] = PATHS[way](id);
  const answered = server.send(method, path, body);
  const isClosed = async () => !(await mine()).some(({ outcome }) => outcome === 'running');
  let connectionMs = 0;
  do {
    const hasClosed = await isClosed();
    connectionMs = performance.now() - startedAt;
    if (hasClosed) {
      break;
    }
    await wait(2);
  } while (connectionMs < 5 * CONNECTION_LIMIT_MS);
  const { status } = await answered;
  findings.equal(status, 200, `${what}: answer`);
  const found = await server.send<{ state: string }>('GET', `/api/experiments/${id}`);
  const stateMs = performance.now() - startedAt;
  findings.equal(found.status === 404 ? null : found.body.state, STATES[way], `${what}: state`);
  findings.check(stateMs <= STATE_LIMIT_MS, `${what}: the state came after ${Math.round(stateMs)} ms`);
  findings.check(
    connectionMs <= CONNECTION_LIMIT_MS,
    `${what}: the connection was closed after ${Math.round(connectionMs)} ms`,
  );
  for (const { id: key, outcome } of await mine()) {
    // One that came to its end by itself in the same moment is as good.
    const isFree = outcome === 'cancelled' || (outcome === 'done' && what.startsWith('at a random'));
    findings.check(!open.includes(key) || isFree, `${what}: its call ended as ${outcome}`);
  }
  return { connectionMs, stateMs };
}

function markOf(what: string): string {
  return `[round ${what.slice(what.lastIndexOf(' ') + 1)}]`;
}

/** Tabs of every kind are closed at random moments: nothing is cancelled by that. */
async function closeTabs(
  server: ServerProcess,
  simulator: SimulatorProcess,
  random: Random,
  tabs: number,
  findings: Findings,
): Promise<void> {
  await simulator.config({ tokensPerSecond: 200 });
  const ids = await Promise.all(
    Array.from({ length: SLOTS }, (_, index) =>
      server.startExperiment(selector('Nobody watches', { turns: 12, seed: index })),
    ),
  );
  const follower = new SocketFollower(server.url);
  const all = ids.map((id) => follower.follow(id));
  const openTab = [openSocketIo, openStream, openPlain] as const;
  await Promise.all(
    Array.from({ length: tabs }, async (_, index) => {
      const id = ids[index % ids.length] ?? '';
      const moment = random.below(600);
      const stay = random.below(200);
      const open = openTab[index % openTab.length] ?? openSocketIo;
      await wait(moment);
      const close = open(server.url, id);
      await wait(stay);
      close();
    }),
  );
  for (const heard of all) {
    await heard.untilOver();
    findings.equal(heard.state, 'completed', 'state of an experiment whose tabs were closed');
    findings.equal(
      heard.events().filter(({ type }) => type === 'turn.failed'),
      [],
      'failed turns after closed tabs',
    );
  }
  follower.close();
  const cancelled = (await simulator.requests()).filter(({ outcome }) => outcome === 'cancelled');
  findings.equal(cancelled.length, 0, 'calls to Ollama that a closed tab cancelled');
}

function openSocketIo(url: string, id: string): () => void {
  const socket = io(`${url}/experiments`, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
  });
  socket.on('connect', () => socket.emit('subscribe', { experimentId: id, after: 0 }));
  return () => socket.disconnect();
}

function openStream(url: string, id: string): () => void {
  const sent = get(`${url}/api/experiments/${id}/events`, {
    agent: false,
    headers: { accept: 'text/event-stream' },
  });
  sent.on('error', () => undefined);
  return () => sent.destroy();
}

function openPlain(url: string, id: string): () => void {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws/experiments/${id}`);
  socket.on('error', () => undefined);
  return () => socket.terminate();
}
