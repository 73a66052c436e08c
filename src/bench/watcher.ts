import { io, type Socket } from 'socket.io-client';
import { type ServerEvents } from '../live/event-types';
import { answerCommands } from './commands';
import { sharedClockUs } from './process-facts';
import { TOKEN_TIME } from './token-time';

/**
 * The clients, in a process of their own so that their CPU is not counted: one Socket.IO connection for each run,
 * which checks that the deltas, joined, are the message as it was stored.
 */

interface ClientEvents {
  subscribe: (
    request: { readonly experimentId: string; readonly after: number },
    ack: (answer: unknown) => void,
  ) => void;
}

type ClientSocket = Socket<ServerEvents, ClientEvents>;

interface Watched {
  readonly socket: ClientSocket;
  text: string;
  /** Settles when the run has ended. */
  ended: Promise<{ readonly isComplete: boolean }>;
}

interface TokenTime {
  readonly sentUs: number;
  readonly latencyUs: number;
}

const unused: ClientSocket[] = [];
const watched: Watched[] = [];
let deltas = 0;
let times: TokenTime[] = [];

const commands = {
  /** Connects clients that will watch a run each. */
  async connect({ url, clients }: { readonly url: string; readonly clients: number }): Promise<void> {
    const sockets = Array.from({ length: clients }, () =>
      io(`${url}/experiments`, { transports: ['websocket'], forceNew: true, reconnection: false }),
    );
    await Promise.all(
      sockets.map((socket) => new Promise<void>((resolve) => socket.once('connect', resolve))),
    );
    unused.push(...sockets);
  },

  /** Lets the next client watch a run. */
  async watch({ experimentId }: { readonly experimentId: string }): Promise<void> {
    const socket = unused.pop();
    if (!socket) {
      throw new Error('No client is left.');
    }
    watched.push(watchRun(socket));
    await socket.emitWithAck('subscribe', { experimentId, after: 0 });
  },

  /** Waits for the end of all runs; says how many clients got every character, and leaves. */
  async finish(): Promise<{ readonly complete: number; readonly deltas: number }> {
    const ends = await Promise.all(watched.map(({ ended }) => ended));
    watched.forEach(({ socket }) => socket.disconnect());
    const result = { complete: ends.filter(({ isComplete }) => isComplete).length, deltas };
    watched.length = 0;
    deltas = 0;
    return result;
  },

  /** How long the tokens took that were sent in this time, in milliseconds. */
  latenciesMs({ fromUs, toUs }: { readonly fromUs: number; readonly toUs: number }): number[] {
    const inTime = times.filter(({ sentUs }) => sentUs >= fromUs && sentUs < toUs);
    times = [];
    return inTime.map(({ latencyUs }) => latencyUs / 1000);
  },
};

export type WatcherCommands = typeof commands;

function watchRun(socket: ClientSocket): Watched {
  let stored: string | undefined;
  const run: Watched = {
    socket,
    text: '',
    ended: new Promise((resolve) => {
      socket.on('message', ({ message }) => (stored = message.content));
      socket.on('conversation.finished', () => resolve({ isComplete: run.text === stored }));
      socket.on('disconnect', () => resolve({ isComplete: false }));
    }),
  };
  socket.on('turn.delta', ({ text }) => {
    deltas += 1;
    run.text += text;
    noteTimes(text);
  });
  return run;
}

/** Tokens of the token server say when they were sent. */
function noteTimes(text: string): void {
  const nowUs = sharedClockUs();
  for (const [, sent] of text.matchAll(TOKEN_TIME)) {
    const sentUs = Number(sent);
    times.push({ sentUs, latencyUs: nowUs - sentUs });
  }
}

answerCommands(commands);
