import { once } from 'node:events';
import { type Socket as TcpSocket } from 'node:net';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { answerCommands } from './commands';
import { NAMESPACE } from './delivery-commands';
import { FrameReader } from './frame-reader';
import { sharedClockUs } from './process-facts';

/**
 * Subscribers in a process of their own. Many of them must cost less than the server that is measured, so they read
 * nothing of a frame but its length and the time in it.
 */

interface Target {
  readonly url: string;
  readonly experimentId: string;
}

interface ConnectOrder extends Target {
  readonly clients: number;
}

const sockets: WebSocket[] = [];
let frames = 0;
let bytes = 0;
let latenciesUs: number[] = [];
let isTimed = false;
let wanted = Infinity;
let allHere: () => void = () => undefined;

const commands = {
  /** Connects subscribers; they get what is told from now on. */
  async connect(order: ConnectOrder): Promise<void> {
    for (let made = 0; made < order.clients; made += 1) {
      sockets.push(await subscribe(order));
    }
  },

  /** Waits until all subscribers together have got this many events since the last call. */
  async received({ events }: { readonly events: number }) {
    await new Promise<void>((resolve) => {
      wanted = events;
      allHere = resolve;
      look();
    });
    const found = { atUs: sharedClockUs(), bytes };
    frames -= wanted;
    bytes = 0;
    wanted = Infinity;
    return found;
  },

  /** From now on it is noted how old each event is. */
  startTiming(): void {
    isTimed = true;
  },

  /** Milliseconds from telling an event to its receipt, of all since then. */
  latenciesMs(): number[] {
    isTimed = false;
    const found = latenciesUs.map((us) => us / 1_000);
    latenciesUs = [];
    return found;
  },

  leave(): void {
    sockets.splice(0).forEach((socket) => socket.terminate());
  },

  /** A client of the usual kind that comes back and wants everything. @returns milliseconds until it has the last event */
  async replay({ url, experimentId }: Target): Promise<number> {
    const socket = io(`${url}${NAMESPACE}`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
    });
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    const startedAt = performance.now();
    await untilReplayed(socket, experimentId);
    const ms = performance.now() - startedAt;
    socket.removeAllListeners();
    socket.disconnect();
    return ms;
  },
};

export type SubscriberCommands = typeof commands;

/** Resolves when every event that was stored at the subscription is here, in order. */
function untilReplayed(socket: Socket, experimentId: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let at = 0;
    let end = Infinity;
    socket.onAny((_type: string, { seq }: { readonly seq: number }) => {
      if (seq !== at + 1) {
        reject(new Error(`Event ${seq} came after event ${at}.`));
      }
      at = seq;
      if (at === end) {
        resolve();
      }
    });
    socket.on('disconnect', (reason) => reject(new Error(`Disconnected after event ${at}: ${reason}`)));
    socket.emit('subscribe', { experimentId, after: 0 }, ({ seq }: { readonly seq: number }) => {
      end = seq;
    });
  });
}

/** Speaks just enough Socket.IO to get there, then leaves the protocol aside. */
async function subscribe({ url, experimentId }: Target): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/socket.io/?EIO=4&transport=websocket`, {
    perMessageDeflate: false,
  });
  await once(socket, 'open');
  socket.send(`40${NAMESPACE},`);
  await messageStarting(socket, `40${NAMESPACE},`);
  const request = JSON.stringify(['subscribe', { experimentId, deltas: false }]);
  socket.send(`42${NAMESPACE},0${request}`);
  await messageStarting(socket, `43${NAMESPACE},0`);
  const reader = new FrameReader(note);
  const { _socket: tcp } = socket as unknown as { readonly _socket: TcpSocket };
  tcp.removeAllListeners('data');
  tcp.on('data', (chunk) => {
    reader.push(chunk);
    look();
  });
  return socket;
}

function messageStarting(socket: WebSocket, start: string): Promise<void> {
  return new Promise((resolve) => {
    const listener = (data: Buffer) => {
      if (data.toString('latin1').startsWith(start)) {
        socket.off('message', listener);
        resolve();
      }
    };
    socket.on('message', listener);
  });
}

function note(length: number, payload: Buffer): void {
  frames += 1;
  bytes += length;
  if (isTimed) {
    const from = payload.indexOf('@') + 1;
    const sentUs = Number(payload.toString('latin1', from, payload.indexOf('@', from)));
    latenciesUs.push(sharedClockUs() - sentUs);
  }
}

function look(): void {
  if (frames >= wanted) {
    allHere();
  }
}

answerCommands(commands);
