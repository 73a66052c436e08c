import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from 'socket.io';
import { answerCommands } from '../commands';
import { messageEvent } from '../delivered-event';
import { type DeliveryCommands, NAMESPACE } from '../delivery-commands';
import { sharedClockUs } from '../process-facts';

/** Socket.IO alone, with the settings of the server: the same events from memory, to a room. */

interface SubscribeRequest {
  /** Place after which events are wanted; left out = only what is told from now on. */
  readonly after?: number;
}

const ROOM = 'events';
const EXPERIMENT_ID = '1b8f8f0a-2d5d-4f5e-8f55-6ff1ff40a1c7';

const http = createServer();
const server = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  httpCompression: false,
  pingInterval: 600_000,
});
const namespace = server.of(NAMESPACE);
let told = 0;

namespace.on('connection', (socket) => {
  socket.on('subscribe', ({ after = told }: SubscribeRequest, ack: (answer: object) => void) => {
    ack({ seq: told });
    for (let seq = after + 1; seq <= told; seq += 1) {
      socket.emit('message', messageEvent(EXPERIMENT_ID, seq, 0));
    }
    void socket.join(ROOM);
  });
});

const commands: DeliveryCommands = {
  async start() {
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    return { url, experimentId: EXPERIMENT_ID };
  },
  async burst({ events }) {
    const sentUs = sharedClockUs();
    for (let sent = 0; sent < events; sent += 1) {
      tell(sentUs);
    }
    await Promise.resolve();
  },
  async pace({ events, everyMs }) {
    const startedAt = performance.now();
    for (let sent = 0; sent < events; sent += 1) {
      await sleep(Math.max(0, startedAt + sent * everyMs - performance.now()));
      tell(sharedClockUs());
    }
  },
};

function tell(sentUs: number): void {
  told += 1;
  namespace.to(ROOM).emit('message', messageEvent(EXPERIMENT_ID, told, sentUs));
}

answerCommands(commands);
