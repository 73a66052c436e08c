import { WebSocket } from 'ws';

/** Bytes that may wait for a client that does not read, beside the largest text among them. */
export const MAX_WAITING_BYTES = 1024 * 1024;
/** Bytes of a backlog that may wait for one client. */
const BACKLOG_BYTES = 64 * 1024;

/** Bytes of the largest text that is on its way to a socket, if it is a large one. */
const largest = new WeakMap<WebSocket, number>();

/**
 * Sends a text to a plain socket that is open; one that does not read is cut off. A text of any length gets through to a
 * client that reads (a snapshot holds a whole run), and what follows it does not count as left lying meanwhile.
 */
export function sendText(socket: WebSocket, text: string): void {
  if (hasRoom(socket)) {
    send(socket, text);
  }
}

/** The same for one client alone, which gets what it missed: resolves when there is room for more, or it has left. */
export async function sendBacklogText(socket: WebSocket, text: string): Promise<void> {
  if (!hasRoom(socket)) {
    return;
  }
  await new Promise<void>((resolve) => {
    send(socket, text, () => resolve());
    if (socket.bufferedAmount < BACKLOG_BYTES) {
      resolve();
    }
  });
}

function hasRoom(socket: WebSocket): boolean {
  if (socket.readyState !== WebSocket.OPEN) {
    return false;
  }
  if (socket.bufferedAmount > MAX_WAITING_BYTES + (largest.get(socket) ?? 0)) {
    socket.terminate();
    return false;
  }
  return true;
}

function send(socket: WebSocket, text: string, sent?: () => void): void {
  const before = socket.bufferedAmount;
  socket.send(text, sent);
  if (before === 0) {
    largest.delete(socket);
  }
  largest.set(socket, Math.max(largest.get(socket) ?? 0, socket.bufferedAmount - before));
}
