import { once } from 'node:events';
import { connect } from 'node:net';
import { upgrade } from '../support/raw-http';
import { NO_OLLAMA, type ServerProcess, startServerProcess } from '../support/server-process';

/** Browsers open connections that they may never use; a stop must not wait for them. */
const LIMIT_MS = 20_000;

/** Connections that stay silent; each gives the function that ends it. */
const openAll = (server: ServerProcess) =>
  Promise.all([
    openTcp(server, ''),
    openTcp(server, 'GET /hea'),
    openTcp(server, HALF_A_BODY),
    openSocket(server, '/ws/experiments/nobody'),
    openSocket(server, '/socket.io/?EIO=4&transport=websocket'),
  ]);

const HALF_A_BODY =
  'POST /api/experiments/start HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{';

async function openTcp({ port }: ServerProcess, bytes: string): Promise<() => void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  await once(socket, 'connect');
  socket.write(bytes);
  return () => socket.destroy();
}

async function openSocket({ url }: ServerProcess, path: string): Promise<() => void> {
  const opened = await upgrade(url, { path });
  if (!('socket' in opened)) {
    throw new Error(`no WebSocket: ${opened.status}`);
  }
  return () => opened.socket.destroy();
}

describe('a server that is told to stop', () => {
  it('does so although clients say nothing, half of something, or no farewell', async () => {
    const server = await startServerProcess(NO_OLLAMA);
    const ends = await openAll(server);
    // What was written before has arrived when this is answered.
    await server.api.get('/health');
    expect(await server.terminate(LIMIT_MS)).toBe(0);
    ends.forEach((end) => end());
    await server.close();
  });
});
