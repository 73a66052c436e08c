import { WebSocket } from 'ws';

/** Bytes that may wait for a client that does not read. */
export const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** Sends a text to a plain socket that is open; one that does not read is cut off. */
export function sendText(socket: WebSocket, text: string): void {
  if (socket.readyState !== WebSocket.OPEN) {
    return;
  }
  if (socket.bufferedAmount > MAX_WAITING_BYTES) {
    socket.terminate();
    return;
  }
  socket.send(text);
}
