import { setTimeout as sleep } from 'node:timers/promises';
import { answerCommands } from '../bench/commands';
import { percentile } from '../bench/statistics';
import { CrowdClient, type CrowdTarget } from './crowd-client';

/**
 * Many watchers of one experiment in a process of their own, so that the memory of the server is seen alone. Some of them
 * stop to read once they watch.
 */

const CONNECTING_AT_ONCE = 20;
const CONNECT_LIMIT_MS = 20_000;
const LOOK_EVERY_MS = 100;
/** The ages of events are noted at one reading client in so many, evenly spread. */
const TIMED_CLIENT_EVERY = 9;

interface ConnectOrder extends CrowdTarget {
  readonly clients: number;
  /** Places of those that do not read, among all. */
  readonly slow: readonly number[];
}

interface EndOrder {
  /** Number of the last event. */
  readonly seq: number;
  readonly limitMs: number;
}

const reading: CrowdClient[] = [];
const slow: CrowdClient[] = [];

const commands = {
  /** Connects all, and lets the slow ones stop to read. */
  async connect({ clients, slow: slowPlaces, ...target }: ConnectOrder): Promise<void> {
    const all = Array.from(
      { length: clients },
      (_, place) => new CrowdClient(target, place % TIMED_CLIENT_EVERY === 0),
    );
    for (let made = 0; made < clients; made += CONNECTING_AT_ONCE) {
      await Promise.all(all.slice(made, made + CONNECTING_AT_ONCE).map((client) => client.connect(0)));
    }
    await untilAll(all, ({ at }) => at > 0, CONNECT_LIMIT_MS);
    const isSlow = new Set(slowPlaces);
    all.forEach((client, place) => (isSlow.has(place) ? slow : reading).push(client));
    slow.forEach((client) => client.stopReading());
  },

  /** From now on the ages of events count: before, the clients were still on their way. */
  startTiming(): void {
    reading.forEach((client) => client.startTiming());
  },

  /** Waits until those that read have the last event. */
  async finish({ seq, limitMs }: EndOrder) {
    await untilAll(reading, ({ at }) => at >= seq, limitMs);
    const ages = reading.flatMap((client) => client.agesMs);
    return {
      complete: reading.filter((client) => client.at === seq && client.isConnected).length,
      problems: reading.flatMap((client) => client.problems),
      deltas: reading[0]?.deltas ?? 0,
      ageMs: { p50: percentile(ages, 0.5), p99: percentile(ages, 0.99), most: percentile(ages, 1) },
    };
  },

  /** Lets the slow ones read what the system kept for them, then come back for the rest. */
  async comeBack({ seq, limitMs }: EndOrder) {
    slow.forEach((client) => client.readAgain());
    await untilAll(slow, (client) => !client.isConnected, limitMs);
    const cut = slow.filter((client) => !client.isConnected);
    const had = cut.reduce((sum, client) => sum + client.at, 0) / Math.max(1, cut.length);
    const closes: Record<string, number> = {};
    for (const { closedWith } of cut) {
      closes[closedWith] = (closes[closedWith] ?? 0) + 1;
    }
    await Promise.all(cut.map((client) => client.connect(client.at)));
    await untilAll(cut, ({ at }) => at >= seq, limitMs);
    return {
      cut: cut.length,
      closes,
      had: Math.round(had),
      complete: cut.filter((client) => client.at === seq).length,
      problems: slow.flatMap((client) => client.problems),
    };
  },

  leave(): void {
    [...reading, ...slow].forEach((client) => client.leave());
  },
};

export type CrowdCommands = typeof commands;

async function untilAll(
  clients: readonly CrowdClient[],
  isDone: (client: CrowdClient) => boolean,
  limitMs: number,
): Promise<void> {
  const endAt = performance.now() + limitMs;
  while (performance.now() < endAt && !clients.every(isDone)) {
    await sleep(LOOK_EVERY_MS);
  }
}

answerCommands(commands);
