import { fillDatabase } from './fill-database';
import { type Helper } from './helper';
import { type LoadCommands } from './load';
import { type Figure, interleave, type Measurement, type MeasurementOrder, type Ratio } from './measurement';
import { cpuMs } from './process-facts';
import { quotients } from './statistics';
import { type Workshop } from './workshop';

const SIZES = [1_000, 10_000, 100_000];
const LISTS = ['experiments', 'conversations'];
const CONNECTIONS = 4;
const NO_OLLAMA = 'http://127.0.0.1:9';

interface Way {
  readonly list: string;
  readonly rows: number;
  readonly url: string;
  readonly pid: number;
}

/** A page of 100 entries of each list, with few and with many rows behind it. */
export async function measureListDepth({ workshop, tell, ...order }: MeasurementOrder): Promise<Measurement> {
  const rounds = order.rounds ?? (order.quick ? 1 : 9);
  const ms = order.quick ? 300 : 1_000;
  const ways: Way[] = [];
  for (const rows of SIZES) {
    tell(`making ${rows} rows of each list`);
    ways.push(...(await startServerWith(workshop, rows)));
  }
  const load = workshop.startHelper<LoadCommands>('load.js');
  for (const way of ways) {
    await cpuUsOf(load, way, ms);
  }
  const samples = await interleave(
    rounds,
    ways.map((way) => (round) => {
      tell(`round ${round} of ${rounds}: ${way.list}, ${way.rows} rows`);
      return cpuUsOf(load, way, ms);
    }),
  );
  await workshop.stopAll();
  const found = ways.map((way, index) => ({ ...way, values: samples[index] ?? [] }));
  return {
    id: 'e',
    title: 'A page of 100 entries (?limit=100), by the number of rows behind it',
    figures: found.map(({ list, rows, values }): Figure => ({
      name: `${list}, ${rows} rows, CPU per request`,
      unit: 'µs',
      values,
    })),
    ratios: LISTS.flatMap((list) => ratiosOf(found.filter((way) => way.list === list))),
    notes: ['A saved conversation has two messages of 100 characters here.'],
  };
}

function ratiosOf(ways: readonly (Way & { readonly values: readonly number[] })[]): Ratio[] {
  const [smallest, ...larger] = ways;
  return larger.map(({ list, rows, values }) => ({
    name: `${list}, ${rows} rows / ${smallest?.rows} rows`,
    values: quotients(values, smallest?.values ?? []),
    bar: { kind: 'at most', value: 1.3 },
  }));
}

async function startServerWith(workshop: Workshop, rows: number): Promise<Way[]> {
  const data = workshop.newFolder('data-');
  const { server: maker } = await workshop.startServer({ OLLAMA_URL: NO_OLLAMA }, data);
  await workshop.stop(maker);
  fillDatabase(data, { experiments: rows, saved: rows });
  const { server, url } = await workshop.startServer({ OLLAMA_URL: NO_OLLAMA }, data);
  return LISTS.map((list) => ({ list, rows, url: `${url}/api/${list}?limit=100`, pid: server.pid }));
}

async function cpuUsOf(load: Helper<LoadCommands>, { url, pid }: Way, ms: number): Promise<number> {
  const before = cpuMs(pid);
  const { requests } = await load.ask('run', { url, connections: CONNECTIONS, ms });
  return ((cpuMs(pid) - before) * 1_000) / requests;
}
