import { once } from 'node:events';
import { connect } from 'node:net';
import { upgrade } from '../support/raw-http';
import { NO_OLLAMA, type ServerProcess, startServerProcess } from '../support/server-process';

/** Browsers open connections that they may never use; a stop must not wait for them. */
const LIMIT_MS = 10_000;

/** Each opens a connection that stays silent, and gives the function that ends it. */
const SILENT: Readonly<Record<string, (server: ServerProcess) => Promise<() => void>>> = {
  'says nothing': (server) => openTcp(server, ''),
  'sends half a request': (server) => openTcp(server, 'GET /hea'),
  'sends half a body': (server) =>
    openTcp(
      server,
      'POST /api/experiments/start HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
    ),
  'is a plain WebSocket that answers no farewell': (server) => openSocket(server, '/ws/experiments/nobody'),
  'is a Socket.IO connection that answers nothing': (server) =>
    openSocket(server, '/socket.io/?EIO=4&transport=websocket'),
};

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
  it.each(Object.entries(SILENT))('does so although a connection %s', async (_what, open) => {
    const server = await startServerProcess(NO_OLLAMA);
    const end = await open(server);
    // What was written before has arrived when this is answered.
    await server.api.get('/health');
    expect(await server.terminate(LIMIT_MS)).toBe(0);
    end();
    await server.close();
  });
});
