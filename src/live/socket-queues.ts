import { once, setMaxListeners } from 'node:events';
import { type Logger } from '@nestjs/common';
import { type Socket } from 'socket.io';

/** The sockets of a namespace. */
interface Sockets {
  readonly sockets: ReadonlyMap<string, Pick<Socket, 'conn' | 'disconnect'>>;
}

const CHECK_INTERVAL_MS = 500;

/**
 * Disconnects clients that do not read: past `limit` waiting packets they cost memory that others need. They can
 * come back and ask for what they missed.
 * @returns the function that ends it
 */
export function watchSlowConsumers(namespace: Sockets, limit: number, logger: Logger): () => void {
  const timer = setInterval(() => {
    for (const [id, socket] of namespace.sockets) {
      const waiting = waitingPackets(socket.conn);
      if (waiting > limit) {
        logger.warn('a client that does not read is disconnected', {
          code: 'SLOW_CONSUMER',
          socket_id: id,
          waiting,
        });
        socket.disconnect(true);
      }
    }
  }, CHECK_INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Resolves when everything sent so far has left, or after `limitMs`: closing the server would drop what still waits. */
export async function untilDrained(namespace: Sockets, limitMs: number): Promise<void> {
  const signal = AbortSignal.timeout(limitMs);
  // As many wait for it as there are sockets: no leak, of which a warning would tell.
  setMaxListeners(0, signal);
  const waits = [...namespace.sockets.values()]
    .filter(({ conn }) => waitingPackets(conn) > 0)
    .map(({ conn }) => Promise.race([once(conn, 'drain', { signal }), once(conn, 'close', { signal })]));
  await Promise.allSettled(waits);
}

/** Engine.IO keeps its queue to itself; there is no other way to learn how long it is. */
function waitingPackets(connection: Socket['conn']): number {
  return (connection as unknown as { readonly writeBuffer?: readonly unknown[] }).writeBuffer?.length ?? 0;
}
