import { type DeliveryCommands } from './delivery-commands';
import { type Helper } from './helper';
import { interleave, type Measurement, type MeasurementOrder } from './measurement';
import { cpuMs, sharedClockUs } from './process-facts';
import { percentile, quotients } from './statistics';
import { type SubscriberCommands } from './subscribers';
import { type Workshop } from './workshop';

const SUBSCRIBERS = 500;
const BURST = 100;
const EVERY_MS = 20;
const LATENCY_BAR_MS = 100;
/** The bytes of both servers may differ by the digits of numbers. */
const SAME_BYTES = 0.02;

/** A server with its subscribers. */
interface Way {
  readonly name: string;
  readonly server: Helper<DeliveryCommands>;
  readonly subscribers: Helper<SubscriberCommands>;
}

interface Sample {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly bytes: number;
  readonly latenciesMs: readonly number[];
}

/** Stored events to the subscribers of one experiment, against a bare Socket.IO server that emits the same to a room. */
export async function measureDeliveries({
  workshop,
  tell,
  ...order
}: MeasurementOrder): Promise<Measurement> {
  const rounds = order.rounds ?? (order.quick ? 1 : 7);
  const size = order.quick ? { bursts: 1, paced: 25 } : { bursts: 10, paced: 150 };
  tell('connecting subscribers');
  const ways = [
    await startWay(workshop, 'backend', 'delivery-server.js'),
    await startWay(workshop, 'bare Socket.IO', 'baselines/bare-socket-io.js'),
  ];
  tell('warming up');
  for (const way of ways) {
    await sample(way, { bursts: 2, paced: 10 });
  }
  const samples = await interleave(
    rounds,
    ways.map((way) => (round) => {
      tell(`round ${round} of ${rounds}: ${way.name}`);
      return sample(way, size);
    }),
  );
  await workshop.stopAll();
  checkSameBytes(samples.flat());
  return measurementOf(samples);
}

function measurementOf([backend = [], bare = []]: Sample[][]): Measurement {
  const perSecond = (samples: readonly Sample[]) => samples.map((one) => one.perSecond);
  const cpuUs = (samples: readonly Sample[]) => samples.map((one) => one.cpuUs);
  const p99 = (samples: readonly Sample[]) => samples.map((one) => percentile(one.latenciesMs, 0.99));
  const rate = 1_000 / EVERY_MS;
  return {
    id: 'j',
    title: `Events of about 1 kB to ${SUBSCRIBERS} subscribers`,
    figures: [
      { name: 'backend', unit: 'deliveries/s', values: perSecond(backend) },
      { name: 'bare Socket.IO, room emit', unit: 'deliveries/s', values: perSecond(bare) },
      { name: 'backend, CPU per delivery', unit: 'µs', values: cpuUs(backend) },
      { name: 'bare Socket.IO, CPU per delivery', unit: 'µs', values: cpuUs(bare) },
      { name: `backend, ${rate} events/s, p99`, unit: 'ms', values: p99(backend) },
      { name: `bare Socket.IO, ${rate} events/s, p99`, unit: 'ms', values: p99(bare) },
    ],
    ratios: [
      {
        name: 'deliveries per second, backend / bare Socket.IO',
        values: quotients(perSecond(backend), perSecond(bare)),
        bar: { kind: 'at least', value: 0.8 },
      },
      { name: 'CPU per delivery, bare Socket.IO / backend', values: quotients(cpuUs(bare), cpuUs(backend)) },
      {
        name: `p99 / ${LATENCY_BAR_MS} ms`,
        values: p99(backend).map((ms) => ms / LATENCY_BAR_MS),
        bar: { kind: 'at most', value: 1 },
      },
    ],
    notes: [
      `${BURST} events at once, then the next ones when all subscribers have them. The backend stores each event and its`,
      'message, reads them again and builds the event; the bare server has it in memory. p99: from the order to store to the client.',
    ],
  };
}

function checkSameBytes(samples: readonly Sample[]): void {
  const bytes = samples.map((one) => one.bytes);
  if (Math.max(...bytes) > Math.min(...bytes) * (1 + SAME_BYTES)) {
    throw new Error(`The servers sent events of different size: ${bytes.map(Math.round).join(', ')} bytes.`);
  }
}

async function startWay(workshop: Workshop, name: string, script: string): Promise<Way> {
  const server = workshop.startHelper<DeliveryCommands>(script);
  const subscribers = workshop.startHelper<SubscriberCommands>('subscribers.js');
  const target = await server.ask('start', { dataDirectory: workshop.newFolder('data-') });
  await subscribers.ask('connect', { ...target, clients: SUBSCRIBERS });
  return { name, server, subscribers };
}

async function sample(
  { server, subscribers }: Way,
  size: { readonly bursts: number; readonly paced: number },
): Promise<Sample> {
  const before = cpuMs(server.pid);
  let us = 0;
  let bytes = 0;
  for (let burst = 0; burst < size.bursts; burst += 1) {
    const startedUs = sharedClockUs();
    const received = subscribers.ask('received', { events: BURST * SUBSCRIBERS });
    await server.ask('burst', { events: BURST });
    const last = await received;
    us += last.atUs - startedUs;
    bytes += last.bytes;
  }
  const deliveries = size.bursts * BURST * SUBSCRIBERS;
  const cpu = cpuMs(server.pid) - before;
  await subscribers.ask('startTiming');
  const paced = subscribers.ask('received', { events: size.paced * SUBSCRIBERS });
  await server.ask('pace', { events: size.paced, everyMs: EVERY_MS });
  await paced;
  return {
    perSecond: (deliveries * 1e6) / us,
    cpuUs: (cpu * 1_000) / deliveries,
    bytes: bytes / deliveries,
    latenciesMs: await subscribers.ask('latenciesMs'),
  };
}
