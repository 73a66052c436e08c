import { once } from 'node:events';
import { createServer } from 'node:net';

const FOLLOWING_PORTS = 20;

/** The wanted port when it is free, else one of the next, else any free one. */
export async function freePort(wanted: number, host: string): Promise<number> {
  for (let port = wanted; port > 0 && port <= Math.min(65_535, wanted + FOLLOWING_PORTS); port += 1) {
    if (await isFree(port, host)) {
      return port;
    }
  }
  return listenOnce(0, host);
}

/**
 * Also asked for the addresses that `localhost` stands for: some systems let a server listen on all addresses while
 * another one holds the port on one of them, and then answers there.
 */
async function isFree(port: number, host: string): Promise<boolean> {
  for (const address of new Set([host, '127.0.0.1', '::1'])) {
    try {
      await listenOnce(port, address);
    } catch (error) {
      // Any other problem (no such address, no right to a low port) is better told by the server itself.
      if (typeof error === 'object' && error && 'code' in error && error.code === 'EADDRINUSE') {
        return false;
      }
    }
  }
  return true;
}

/** @returns the port that was taken for a moment */
async function listenOnce(port: number, host: string): Promise<number> {
  const server = createServer();
  server.listen({ port, host, exclusive: true });
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : port;
}
