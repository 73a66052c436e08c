import { join } from 'node:path';
import { type BareDriverCommands } from './baselines/bare-driver';
import { fillDatabase } from './fill-database';
import { type LoadCommands } from './load';
import { interleave, type Measurement, type MeasurementOrder } from './measurement';
import { cpuMs } from './process-facts';
import { quotients } from './statistics';

const MESSAGES = 1_000;
const CHARACTERS = 600;
const NO_OLLAMA = 'http://127.0.0.1:9';

/** GET of one long conversation, against the bare driver with JSON and without HTTP. */
export async function measureConversationRead({
  workshop,
  tell,
  ...order
}: MeasurementOrder): Promise<Measurement> {
  const rounds = order.rounds ?? (order.quick ? 1 : 9);
  const ms = order.quick ? 300 : 1_500;
  const data = workshop.newFolder('data-');
  const { server: maker } = await workshop.startServer({ OLLAMA_URL: NO_OLLAMA }, data);
  await workshop.stop(maker);
  fillDatabase(data, { saved: 1, messages: MESSAGES, characters: CHARACTERS });
  const { server, url } = await workshop.startServer({ OLLAMA_URL: NO_OLLAMA }, data);
  const load = workshop.startHelper<LoadCommands>('load.js');
  const driver = workshop.startHelper<BareDriverCommands>('baselines/bare-driver.js');
  const readBackend = async () => {
    const before = cpuMs(server.pid);
    const { requests } = await load.ask('run', {
      url: `${url}/api/conversations/saved-1`,
      connections: 1,
      ms,
    });
    return (cpuMs(server.pid) - before) / requests;
  };
  const readBare = async () => {
    const before = cpuMs(driver.pid);
    const file = join(data, 'llama-herd.sqlite');
    const { reads } = await driver.ask('run', { file, conversationId: 'saved-1', ms });
    return (cpuMs(driver.pid) - before) / reads;
  };
  tell('warming up');
  await readBackend();
  await readBare();
  const [backend = [], bare = []] = await interleave(rounds, [
    (round) => {
      tell(`round ${round} of ${rounds}`);
      return readBackend();
    },
    readBare,
  ]);
  await workshop.stopAll();
  return {
    id: 'f',
    title: `GET of a conversation of ${MESSAGES} messages of ${CHARACTERS} characters`,
    figures: [
      { name: 'backend, CPU per request', unit: 'ms', values: backend },
      { name: 'bare better-sqlite3 + JSON.stringify, CPU per read', unit: 'ms', values: bare },
    ],
    ratios: [
      {
        name: 'CPU, backend / bare driver',
        values: quotients(backend, bare),
        bar: { kind: 'at most', value: 3 },
      },
    ],
    notes: ['The bare driver has no HTTP around it.'],
  };
}
