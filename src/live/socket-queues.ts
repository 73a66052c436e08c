import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger } from '@nestjs/common';
import { type Socket } from 'socket.io';

/** The sockets of a namespace. */
interface Sockets {
  readonly sockets: ReadonlyMap<string, Pick<Socket, 'conn'>>;
}

type Connection = Socket['conn'];

/** What Engine.IO and its transport keep to themselves; there is no other way to learn how much waits. */
interface Insides {
  readonly writeBuffer?: readonly { readonly data?: string | Buffer }[];
  readonly transport?: { readonly socket?: WebSocketInside };
}

interface WebSocketInside {
  readonly bufferedAmount: number;
  close(code: number, reason: string): void;
  terminate(): void;
}

const CHECK_INTERVAL_MS = 500;
/** Bytes in waiting packets that are too many, few as the packets may be. One packet alone may be larger. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** Bytes on their way to a client that is cut off which may wait until it has read them. */
const MAX_LAST_BYTES = 256 * 1024;
/** How much of a backlog one client may have waiting: its packets are encoded for it alone. */
const BACKLOG_PACKETS = 64;
const BACKLOG_BYTES = 256 * 1024;

/** Close code "try again later", and the reason that goes with it. */
const CLOSE_SLOW = 1013;
const SLOW_CONSUMER = 'SLOW_CONSUMER';

/**
 * Disconnects clients that do not read: past `limit` waiting packets they cost memory that others need. They can
 * come back and ask for what they missed.
 * @returns the function that ends it
 */
export function watchSlowConsumers(namespace: Sockets, limit: number, logger: Logger): () => void {
  const timer = setInterval(() => {
    for (const [id, { conn }] of namespace.sockets) {
      const waiting = waitingPackets(conn).length;
      if (waiting > limit || (waiting > 1 && waitingBytes(conn) > MAX_WAITING_BYTES)) {
        logger.warn('a client that does not read is disconnected', {
          code: SLOW_CONSUMER,
          socket_id: id,
          waiting,
        });
        cutOff(conn);
      }
    }
  }, CHECK_INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Resolves when a client may be sent more of its backlog: at once while it reads, else when it has read, or has left. Without
 * this a long backlog would wait in memory, and make a client look slow that reads as fast as its line allows.
 */
export async function untilBacklogMoves(connection: Connection): Promise<void> {
  while (
    connection.readyState === 'open' &&
    (waitingPackets(connection).length >= BACKLOG_PACKETS || waitingBytes(connection) >= BACKLOG_BYTES)
  ) {
    await untilMoves(connection);
  }
}

/** Resolves when everything sent so far has left, or after `limitMs`: closing the server would drop what still waits. */
export async function untilDrained(namespace: Sockets, limitMs: number): Promise<void> {
  const waits = [...namespace.sockets.values()]
    .filter(({ conn }) => waitingPackets(conn).length > 0)
    .map(({ conn }) => untilMoves(conn));
  await Promise.race([Promise.all(waits), sleep(limitMs, undefined, { ref: false })]);
}

/** Resolves when a connection hands on what waits in it, or is closed. All that wait for it share the listeners. */
function untilMoves(connection: Connection): Promise<void> {
  const known = moves.get(connection);
  if (known) {
    return known;
  }
  const move = new Promise<void>((resolve) => {
    const done = () => {
      connection.off('drain', done);
      connection.off('close', done);
      moves.delete(connection);
      resolve();
    };
    connection.on('drain', done);
    connection.on('close', done);
  });
  moves.set(connection, move);
  return move;
}

const moves = new WeakMap<Connection, Promise<void>>();

/**
 * Ends a connection without waiting for its queue, which is dropped. The close frame with the reason comes after what the
 * client has in its line already; for Socket.IO it is a lost connection, so clients come back by themselves.
 */
function cutOff(connection: Connection): void {
  const socket = insides(connection).transport?.socket;
  if (socket !== undefined && socket.bufferedAmount > MAX_LAST_BYTES) {
    socket.terminate();
    return;
  }
  socket?.close(CLOSE_SLOW, SLOW_CONSUMER);
  connection.close(true);
}

function waitingPackets(connection: Connection): NonNullable<Insides['writeBuffer']> {
  return insides(connection).writeBuffer ?? [];
}

/** Characters count as bytes: it is about the order of magnitude. */
function waitingBytes(connection: Connection): number {
  return waitingPackets(connection).reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
}

function insides(connection: Connection): Insides {
  return connection as unknown as Insides;
}
