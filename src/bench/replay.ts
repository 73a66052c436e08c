import { type DeliveryCommands } from './delivery-commands';
import { interleave, type Measurement, type MeasurementOrder } from './measurement';
import { quotients } from './statistics';
import { type SubscriberCommands } from './subscribers';

const EVENTS = 10_000;
const BURST = 500;
const BAR_MS = 1_000;

/** A client that comes back after a long time, until it has the last event; a bare Socket.IO server beside it. */
export async function measureReplay({ workshop, tell, ...order }: MeasurementOrder): Promise<Measurement> {
  const rounds = order.rounds ?? (order.quick ? 1 : 9);
  const client = workshop.startHelper<SubscriberCommands>('subscribers.js');
  const ways: (() => Promise<number>)[] = [];
  for (const script of ['delivery-server.js', 'baselines/bare-socket-io.js']) {
    tell(`telling ${EVENTS} events`);
    const server = workshop.startHelper<DeliveryCommands>(script);
    const target = await server.ask('start', { dataDirectory: workshop.newFolder('data-') });
    for (let told = 0; told < EVENTS; told += BURST) {
      await server.ask('burst', { events: BURST });
    }
    ways.push(() => client.ask('replay', target));
  }
  tell('warming up');
  for (const replay of ways) {
    await replay();
  }
  const [backend = [], bare = []] = await interleave(
    rounds,
    ways.map((replay) => (round) => {
      tell(`round ${round} of ${rounds}`);
      return replay();
    }),
  );
  await workshop.stopAll();
  return {
    id: 'k',
    title: `${EVENTS} events of about 1 kB to a client that comes back`,
    figures: [
      { name: 'backend, subscription to last event', unit: 'ms', values: backend },
      { name: 'bare Socket.IO, the same from memory', unit: 'ms', values: bare },
    ],
    ratios: [
      { name: 'time, backend / bare Socket.IO', values: quotients(backend, bare) },
      {
        name: `time / ${BAR_MS / 1_000} s`,
        values: backend.map((ms) => ms / BAR_MS),
        bar: { kind: 'at most', value: 1 },
      },
    ],
    notes: ['The client is socket.io-client, which parses every event.'],
  };
}
