import { type IncomingMessage, type Server } from 'node:http';
import { type Duplex } from 'node:stream';

/** Headers with which a client offers another protocol; RFC 9110 lets a server answer as if they were not there. */
const OFFER_HEADERS = new Set(['connection', 'upgrade', 'http2-settings']);

export function isWebSocketUpgrade({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/**
 * Answers a request that offers another protocol (h2c, as Java's HTTP client does by default) as the ordinary request
 * that it is. Node has taken the connection away from its parser by now, so it is given back, with the request without the
 * offer in front of what has not been read yet.
 */
export function ignoreUpgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? '';
    if (!OFFER_HEADERS.has(name.toLowerCase())) {
      lines.push(`${name}: ${request.rawHeaders[at + 1]}`);
    }
  }
  socket.removeAllListeners('error');
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}
