import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { answerCommands } from './commands';

/** Clients that watch pulls, half of them over Socket.IO and half over plain sockets, in a process of their own. */

interface ConnectOrder {
  readonly url: string;
  readonly taskIds: readonly string[];
  readonly clients: number;
}

const sockets: Socket[] = [];
const plain: WebSocket[] = [];
let received = 0;

const count = () => {
  received += 1;
};

const commands = {
  async connect({ url, taskIds, clients }: ConnectOrder): Promise<void> {
    for (let made = 0; made < clients; made += 1) {
      if (made % 2 === 0) {
        const socket = io(`${url}/models`, {
          transports: ['websocket'],
          forceNew: true,
          reconnection: false,
        });
        socket.on('pull.progress', count);
        await new Promise<void>((resolve) => socket.once('connect', resolve));
        await socket.emitWithAck('subscribe', {});
        sockets.push(socket);
      } else {
        const taskId = taskIds[made % taskIds.length] ?? '';
        const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/models/ws/pull/${taskId}`);
        socket.on('message', count);
        await new Promise<void>((resolve) => socket.once('open', resolve));
        plain.push(socket);
      }
    }
  },

  /** Messages received since the last time this was asked. */
  received(): number {
    const since = received;
    received = 0;
    return since;
  },

  leave(): void {
    sockets.splice(0).forEach((socket) => socket.disconnect());
    plain.splice(0).forEach((socket) => socket.terminate());
  },
};

export type PullWatcherCommands = typeof commands;

answerCommands(commands);
