import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { startProgram } from './child-process';

/** More connections than a backlog of 1 takes. */
const FILLING_CONNECTIONS = 4;

/** An address that never accepts a connection: its process sleeps, and the queue of the kernel is full. */
export async function startDeafServer(): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const program = await startProgram(join(__dirname, 'deaf-server.program.cjs'), [], {}, /port (\d+)/);
  const port = Number(program.match[1]);
  const sockets: Socket[] = [];
  for (let count = 0; count < FILLING_CONNECTIONS; count += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => socket.destroy());
    sockets.push(socket);
  }
  await Promise.race(sockets.map((socket) => once(socket, 'connect')));
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      sockets.forEach((socket) => socket.destroy());
      return program.stop('SIGKILL');
    },
  };
}
