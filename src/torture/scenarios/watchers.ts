import { once } from 'node:events';
import { io, type Socket } from 'socket.io-client';
import { median } from '../../bench/statistics';
import { type Heard } from '../clients/heard';
import { DashboardView } from '../clients/plain-client';
import { isStored, SocketFollower } from '../clients/socket-follower';
import { SseFollower } from '../clients/sse-follower';
import { roundRobin } from '../experiments';
import { type Random } from '../random';
import { type Findings, type Scenario } from '../scenario';
import { type ServerProcess } from '../server-process';
import { checkDatabase } from '../stored-rows';

/** Events of a run of eight turns: its status, its start, the prompt, two for each turn, its end. */
const EVENTS_PER_RUN = 20;
const CUTS = { full: 50, short: 15 } as const;
const RACES = { full: 1_000, short: 100 } as const;
/** Sockets that race at once. */
const RACERS = 10;
/** Where the server is restarted, as shares of all events. */
const RESTARTS = [
  [0.1, 0.3],
  [0.4, 0.6],
  [0.65, 0.8],
] as const;
/**
 * The page's experiment ends after the last restart, and its connection is not cut in its last run: a page that is away at the
 * very end is told that it is over and nothing else (wire contract 6, "Correct server" 2), so it lacks what it missed until it
 * is loaded again.
 */
const PAGE_SHARE = 0.9;
const PAGE_CUTS = 10;
const MISSED = 1_000;
const MISSED_LIMIT_MS = 500;

/** A watcher whose connection can be cut. */
interface Watcher {
  readonly name: string;
  readonly heard: Heard;
  readonly cut: () => void;
  readonly close: () => void;
}

/** Watchers that lose their connections and their server (R15-R17): everything exactly once, in order, the same for all. */
export const watchers: Scenario = async ({ rig, random, rounds: asked, short, findings, tell }) => {
  const size = short ? 'short' : 'full';
  const runs = asked ?? (short ? 20 : 500);
  const pageRuns = Math.max(4, Math.ceil(runs * PAGE_SHARE));
  const simulator = await rig.simulator();
  await simulator.config({ words: { min: 3, max: 12 } });
  const server = await rig.server(simulator.url, { OLLAMA_NUM_PARALLEL: '8' });
  await server.start();
  const id = await server.startExperiment(
    roundRobin('Plan a trip', { iterations: runs, names: ['Guide', 'Critic'] }),
  );
  const pageId = await server.startExperiment(
    roundRobin('Plan a trip as well', {
      iterations: pageRuns,
      names: ['Guide', 'Critic'],
    }),
  );
  const page = new DashboardView(server.url, pageId);
  await page.mount();
  const all = [
    socketWatcher('Socket.IO 1', server.url, id),
    socketWatcher('Socket.IO 2', server.url, id),
    streamWatcher('SSE 1', server.url, id),
    streamWatcher('SSE 2', server.url, id),
  ];
  const expected = runs * EVENTS_PER_RUN;
  const cuts = all.map((watcher) => cutAt(watcher, positions(random, CUTS[size], expected)));
  const pageFollower = new SocketFollower(server.url);
  const pageHeard = pageFollower.follow(pageId);
  const pageCuts = cutAt(
    { heard: pageHeard, cut: () => page.cut() },
    positions(random, PAGE_CUTS, (pageRuns - 1) * EVENTS_PER_RUN),
  );
  const [first] = all;
  for (const [index, [least, most]] of RESTARTS.entries()) {
    const at = Math.floor(expected * (least + random.next() * (most - least)));
    await first?.heard.untilSeq(at, 600_000);
    if (index === 1) {
      findings.equal((await server.terminate()).code, 0, 'exit code of a restart in order');
    } else {
      await server.kill();
    }
    await server.start();
    tell(`restart ${index + 1} at event ${at}`);
  }
  const races = await race(server, id, first?.heard, random, RACES[size], findings);
  for (const { heard, name } of all) {
    await heard.untilOver(600_000).catch((error: unknown) => findings.fail(`${name}: ${String(error)}`));
  }
  await pageHeard.untilOver(600_000);
  await page.over;
  const stored = await server.storedEvents(id);
  for (const { heard, name } of all) {
    compare(name, heard, stored, findings);
  }
  await checkPage(server, page, pageId, findings);
  const missed = await returnAfter(server, id, stored.length, findings, short);
  all.forEach(({ close }) => close());
  pageFollower.close();
  findings.equal((await server.terminate()).code, 0, 'exit code at the end');
  findings.equal(server.complaints, [], 'faults in the log');
  checkDatabase(server.dataDirectory, findings);
  return {
    rounds: runs,
    figures: {
      events: stored.length,
      watchers: all.length,
      disconnects: cuts.reduce((sum, { count }) => sum + count(), 0),
      'disconnects of the plain socket': pageCuts.count(),
      restarts: RESTARTS.length,
      ...races,
      ...missed,
    },
  };
};

function socketWatcher(name: string, url: string, id: string): Watcher {
  const follower = new SocketFollower(url);
  return { name, heard: follower.follow(id), cut: () => follower.cut(), close: () => follower.close() };
}

function streamWatcher(name: string, url: string, id: string): Watcher {
  const follower = new SseFollower(url, id);
  return { name, heard: follower.heard, cut: () => follower.cut(), close: () => follower.close() };
}

/** Numbers of events at which a connection is cut. */
function positions(random: Random, count: number, events: number): Set<number> {
  const chosen = new Set<number>();
  while (chosen.size < Math.min(count, events - 1)) {
    chosen.add(random.between(1, events - 1));
  }
  return chosen;
}

function cutAt({ heard, cut }: Pick<Watcher, 'heard' | 'cut'>, at: ReadonlySet<number>) {
  let done = 0;
  heard.onEvent(({ seq }) => {
    if (at.has(seq)) {
      done += 1;
      cut();
    }
  });
  return { count: () => done };
}

function compare(
  name: string,
  { texts, faults }: Heard,
  stored: readonly string[],
  findings: Findings,
): void {
  faults.forEach((fault) => findings.fail(`${name}: ${fault}`));
  findings.equal(texts.length, stored.length, `events that ${name} heard`);
  const wrong = texts.findIndex((text, index) => text !== stored[index]);
  findings.check(wrong === -1, `${name}: event ${wrong + 1} is ${texts[wrong]}, stored ${stored[wrong]}`);
}

/** What the page of the old dashboard shows at the end, without and with loading it again. */
async function checkPage(
  server: ServerProcess,
  page: DashboardView,
  id: string,
  findings: Findings,
): Promise<void> {
  const { conversations } = await server.experiment(id);
  findings.equal(page.status, 'completed', 'status on the page');
  const shown = (messages: readonly { id: string; content: string }[] | undefined) =>
    messages?.map((message) => `${message.id} ${message.content}`);
  findings.equal(
    shown(page.live?.messages),
    shown(conversations.at(-1)?.messages),
    'the last run on the page, message by message',
  );
  const ids = page.finished.map((run) => run.id);
  findings.equal(new Set(ids).size, ids.length, 'runs on the page, each once');
  for (const run of page.finished) {
    const kept = conversations.find((conversation) => conversation.id === run.id);
    findings.equal(shown(run.messages), shown(kept?.messages), `run ${run.id} on the page`);
  }
  const again = new DashboardView(server.url, id);
  await again.mount();
  await again.over;
  findings.equal(
    again.finished.map(({ messages }) => shown(messages)),
    conversations.map(({ messages }) => shown(messages)),
    'the runs on the page when it is loaded again',
  );
}

/** Subscribes at random moments while events come: between what was stored and what is new there is no hole and no repeat. */
async function race(
  server: ServerProcess,
  id: string,
  heard: Heard | undefined,
  random: Random,
  races: number,
  findings: Findings,
): Promise<Record<string, number>> {
  let live = 0;
  let done = 0;
  const racer = async () => {
    const socket = io(`${server.url}/experiments`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
    });
    await once(socket as unknown as NodeJS.EventEmitter, 'connect');
    while (done < races) {
      done += 1;
      const newest = heard?.last ?? 0;
      const after = Math.max(0, newest - random.below(60));
      const { holds, hasLive } = await raceOnce(socket, id, after, random.between(1, 4));
      live += hasLive ? 1 : 0;
      findings.check(holds === null, `a subscription after ${after}: ${holds}`);
    }
    socket.disconnect();
  };
  await Promise.all(Array.from({ length: RACERS }, racer));
  return { races: done, 'of these with live events': live };
}

async function raceOnce(
  socket: Socket,
  experimentId: string,
  after: number,
  wanted: number,
): Promise<{ readonly holds: string | null; readonly hasLive: boolean }> {
  let last = after;
  let newestAtStart = Number.POSITIVE_INFINITY;
  let isOver = false;
  let wrong: string | null = null;
  let settle: () => void = () => undefined;
  const enough = new Promise<void>((resolve) => (settle = resolve));
  const look = () => {
    if (wrong !== null || last >= newestAtStart + wanted || (isOver && last >= newestAtStart)) {
      settle();
    }
  };
  const hear = (_name: string, payload: unknown) => {
    if (isStored(payload)) {
      wrong ??= payload.seq === last + 1 ? null : `event ${payload.seq} came after ${last}`;
      last = payload.seq;
      isOver ||= payload.type === 'experiment.status' && payload.completed_at !== null;
      look();
    }
  };
  socket.onAny(hear);
  const answer = (await socket.timeout(20_000).emitWithAck('subscribe', {
    experimentId,
    after,
    deltas: false,
  })) as { readonly seq: number; readonly completed_at: string | null };
  newestAtStart = answer.seq;
  isOver ||= answer.completed_at !== null;
  look();
  const timer = setTimeout(() => {
    wrong = `nothing came after ${last}`;
    settle();
  }, 20_000);
  await enough;
  clearTimeout(timer);
  await socket.timeout(20_000).emitWithAck('unsubscribe', { experimentId });
  socket.offAny(hear);
  return { holds: wrong, hasLive: last > newestAtStart };
}

/** How long a client that has missed events waits for them when it comes back. */
async function returnAfter(
  server: ServerProcess,
  id: string,
  events: number,
  findings: Findings,
  short: boolean,
): Promise<Record<string, number>> {
  const missed = Math.min(MISSED, events - 1);
  const times: Record<'Socket.IO' | 'SSE', number[]> = { 'Socket.IO': [], SSE: [] };
  for (let round = 0; round < 5; round += 1) {
    const startedAt = performance.now();
    const follower = new SocketFollower(server.url);
    await follower.follow(id, events - missed).untilSeq(events);
    times['Socket.IO'].push(performance.now() - startedAt);
    follower.close();
    const sseAt = performance.now();
    const stream = new SseFollower(server.url, id, events - missed);
    await stream.heard.untilSeq(events);
    times.SSE.push(performance.now() - sseAt);
    stream.close();
  }
  const figures: Record<string, number> = { 'missed events': missed };
  for (const [transport, found] of Object.entries(times)) {
    const ms = Math.round(median(found));
    figures[`ms until they were there over ${transport}`] = ms;
    findings.check(
      short || ms <= MISSED_LIMIT_MS,
      `${missed} missed events came after ${ms} ms over ${transport}`,
    );
  }
  return figures;
}
