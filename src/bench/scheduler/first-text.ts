import { io } from 'socket.io-client';
import { NAMESPACE } from '../delivery-commands';

const LIMIT_MS = 120_000;

/** Waits until a client of an experiment gets the first text of an agent. */
export async function untilFirstText(serverUrl: string, experimentId: string): Promise<void> {
  const socket = io(`${serverUrl}${NAMESPACE}`, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`No text came within ${LIMIT_MS} ms.`)), LIMIT_MS);
      socket.on('connect_error', reject);
      socket.on('turn.delta', () => resolve());
      socket.emit('subscribe', { experimentId, after: 0 });
    });
  } finally {
    clearTimeout(timer);
    socket.disconnect();
  }
}
