import { setTimeout as sleep } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { type Child } from '../bench/child';
import { cpuMs, memoryMb } from '../bench/process-facts';
import { requestJson, startTalk } from '../bench/requests';
import { type Simulator } from '../bench/simulator-control';
import { percentile } from '../bench/statistics';
import { Workshop } from '../bench/workshop';
import { createRandom } from '../simulator/random';
import { type CrowdCommands } from './crowd';

export interface SlowWatchersOptions {
  /** How long events flow. */
  readonly seconds: number;
  /** Decides who does not read. */
  readonly seed: number;
  readonly log: (text: string) => void;
  readonly clients?: number;
  /** How many of the clients do not read. */
  readonly slow?: number;
  /** Length of a message. */
  readonly characters?: number;
}

/** The promise in full: 1,000 clients, 5 minutes. */
export const LONG_FORM = { seconds: 300, clients: 1_000, slow: 100, characters: 600 } as const;
/** Fewer clients and longer messages, so that what the system buffers for a connection is full soon. */
export const SHORT_FORM = { seconds: 40, clients: 100, slow: 10, characters: 16_000 } as const;

export interface SlowWatchersReport {
  readonly figures: Readonly<Record<string, number | string>>;
  /** What was not as it must be. */
  readonly problems: readonly string[];
}

const EVENTS_PER_SECOND = 50;
/** Each turn is two stored events, its start and its message. */
const MS_OF_A_TURN = 2_000 / EVENTS_PER_SECOND;
const TOKENS_OF_A_TURN = 110;
const FIRST_TOKENS_PER_SECOND = 6_000;
const ADJUST_EVERY_LOOKS = 15;
/** So long that no ping ends a connection: the bound on the queue alone has to protect the memory. */
const PING_INTERVAL_MS = '600000';
/** Prompts hold what was said before in their run: long runs would be about prompts. */
const TURNS_OF_A_RUN = 20;
const RUNS = 1_000;
const IDLE_MS = 3_000;
const LOOK_EVERY_MS = 200;
const LIMIT_MS = 30_000;
const MOST_MEMORY_MB = 150;
const MOST_P99_MS = 250;

/**
 * One experiment with about 50 stored events a second, watched by a thousand clients of which some never read. Memory is
 * what the server process holds (VmRSS) above what it held when it was up, before the first client and the first experiment.
 */
export async function slowWatchers(options: SlowWatchersOptions): Promise<SlowWatchersReport> {
  const workshop = new Workshop();
  try {
    return await watchSlowly(workshop, options);
  } finally {
    workshop.close();
  }
}

async function watchSlowly(workshop: Workshop, options: SlowWatchersOptions): Promise<SlowWatchersReport> {
  const { seconds, seed, log } = options;
  const { clients, slow, characters } = { ...LONG_FORM, ...options };
  const simulator = await workshop.startSimulator({ tokensPerSecond: FIRST_TOKENS_PER_SECOND, slots: 1 });
  await requestJson(`${simulator.url}/_sim/script`, { replies: [replyOf(characters)] });
  const { server, url } = await workshop.startServer({
    OLLAMA_URL: simulator.url,
    SOCKET_PING_INTERVAL_MS: PING_INTERVAL_MS,
  });
  const cuts = countCuts(server);
  await sleep(IDLE_MS);
  const idleMb = memoryMb(server.pid);
  const talk = { prompt: 'Describe the harbour.', runs: RUNS, turns: TURNS_OF_A_RUN };
  const experimentId = await startTalk(url, talk);
  const crowd = workshop.startHelper<CrowdCommands>('crowd.js', 'torture');
  log(`${clients} clients connect; ${slow} of them will not read (seed ${seed})`);
  await crowd.ask('connect', { url, experimentId, clients, slow: places(slow, clients, seed) });
  await crowd.ask('startTiming');
  log(`events flow for ${seconds} s`);
  const startSeq = await lastSeq(url, experimentId);
  const flow = await watchFlow(server, seconds, steadyTurns(simulator));
  const eventsPerSecond = ((await lastSeq(url, experimentId)) - startSeq) / seconds;
  await requestJson(`${url}/api/experiments/${experimentId}/status?status=error`, undefined, 'PUT');
  const seq = await lastSeq(url, experimentId);
  const finished = await crowd.ask('finish', { seq, limitMs: LIMIT_MS });
  log('those that did not read come back');
  const cut = cuts.count();
  const back = await crowd.ask('comeBack', { seq, limitMs: LIMIT_MS });
  await crowd.ask('leave');
  const aboveIdle = flow.memoryMb.map((megabytes) => megabytes - idleMb);
  const most = Math.max(...aboveIdle);
  const problems = [
    ...finished.problems,
    ...back.problems,
    ...unless(
      finished.complete === clients - slow,
      `${finished.complete} of ${clients - slow} got everything`,
    ),
    ...unless(finished.ageMs.p99 < MOST_P99_MS, `p99 is ${finished.ageMs.p99} ms`),
    ...unless(most <= MOST_MEMORY_MB, `${most.toFixed()} MB above idle`),
    ...unless(cut === slow, `${cut} of ${slow} were disconnected as SLOW_CONSUMER`),
    ...unless(back.complete === slow, `${back.complete} of ${slow} filled their gap`),
  ];
  const figures = {
    clients,
    slow,
    seconds,
    events: seq,
    events_per_second: rounded(eventsPerSecond),
    deltas_per_event: rounded(finished.deltas / seq),
    cpu_share: rounded(flow.cpuShare),
    idle_mb: rounded(idleMb),
    most_mb_above_idle: rounded(most),
    median_mb_above_idle: rounded(percentile(aboveIdle, 0.5)),
    last_mb_above_idle: rounded(aboveIdle.at(-1) ?? 0),
    reading_complete: finished.complete,
    age_p50_ms: finished.ageMs.p50,
    age_p99_ms: finished.ageMs.p99,
    age_most_ms: finished.ageMs.most,
    disconnected_as_slow: cut,
    first_cut_after_s: rounded(cuts.firstAfterSeconds()),
    last_cut_after_s: rounded(cuts.lastAfterSeconds()),
    closed_with: JSON.stringify(back.closes),
    events_read_before_return: back.had,
    gaps_filled: back.complete,
  };
  return { figures, problems };
}

/** Clients that the server says it has disconnected because they do not read. */
function countCuts(server: Child) {
  const startedAt = performance.now();
  const cutAt: number[] = [];
  server.onLine((line) => {
    if (line.includes('SLOW_CONSUMER')) {
      cutAt.push((performance.now() - startedAt) / 1_000);
    }
  });
  return {
    count: () => cutAt.length,
    firstAfterSeconds: () => cutAt[0] ?? 0,
    lastAfterSeconds: () => cutAt.at(-1) ?? 0,
  };
}

/** An answer of this length, for every turn. */
function replyOf(characters: number) {
  const token = ' harbour '.repeat(characters).slice(0, Math.round(characters / TOKENS_OF_A_TURN));
  return { tokens: Array.from({ length: TOKENS_OF_A_TURN }, () => token), times: 'forever' };
}

/** The places of those that do not read. */
function places(slow: number, clients: number, seed: number): number[] {
  const random = createRandom(seed);
  const found = new Set<number>();
  while (found.size < slow) {
    found.add(random.integer(0, clients - 1));
  }
  return [...found];
}

/**
 * Keeps the turns at their pace, whatever each of them costs beside the answer itself: answers come the faster, the slower
 * the rest is.
 * @returns the function that adjusts the speed
 */
function steadyTurns(simulator: Simulator): () => Promise<void> {
  let answerMs = (TOKENS_OF_A_TURN * 1_000) / FIRST_TOKENS_PER_SECOND;
  let last: { readonly at: number; readonly tokens: number } | null = null;
  return async () => {
    const now = { at: performance.now(), tokens: (await simulator.stats()).tokensSent };
    if (last && now.tokens > last.tokens) {
      const turnMs = ((now.at - last.at) * TOKENS_OF_A_TURN) / (now.tokens - last.tokens);
      answerMs = Math.min(MS_OF_A_TURN, Math.max(1, answerMs + MS_OF_A_TURN - turnMs));
      const tokensPerSecond = (TOKENS_OF_A_TURN * 1_000) / answerMs;
      await requestJson(`${simulator.url}/_sim/config`, { tokensPerSecond });
    }
    last = now;
  };
}

async function watchFlow(
  server: Child,
  seconds: number,
  adjust: () => Promise<void>,
): Promise<{ readonly memoryMb: number[]; readonly cpuShare: number }> {
  const startedAt = performance.now();
  const before = cpuMs(server.pid);
  const found: number[] = [];
  while (performance.now() < startedAt + seconds * 1_000) {
    await sleep(LOOK_EVERY_MS);
    found.push(memoryMb(server.pid));
    if (found.length % ADJUST_EVERY_LOOKS === 0) {
      await adjust();
    }
  }
  return { memoryMb: found, cpuShare: (cpuMs(server.pid) - before) / (performance.now() - startedAt) };
}

/** Number of the newest event, as a subscription tells it. */
async function lastSeq(url: string, experimentId: string): Promise<number> {
  const socket = io(`${url}/experiments`, { transports: ['websocket'], forceNew: true, reconnection: false });
  try {
    const answer = (await socket.timeout(LIMIT_MS).emitWithAck('subscribe', { experimentId })) as {
      readonly seq: number;
    };
    return answer.seq;
  } finally {
    socket.disconnect();
  }
}

function unless(isWell: boolean, problem: string): string[] {
  return isWell ? [] : [problem];
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
