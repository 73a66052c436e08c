import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import { Logger } from '@nestjs/common';
import { Server, type Socket } from 'socket.io';
import { WebSocket } from 'ws';
import { untilDrained, watchSlowConsumers } from './socket-queues';

/** Enough to fill what the system buffers for a connection, so that the rest waits in the server. */
const PACKET = 'x'.repeat(64 * 1024);

describe('the queues of sockets', () => {
  let http: HttpServer;
  let server: Server;
  let clients: WebSocket[];

  beforeEach(async () => {
    Logger.overrideLogger(false);
    clients = [];
    http = createServer();
    server = new Server(http, { transports: ['websocket'] });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
  });
  afterEach(async () => {
    clients.forEach((client) => client.terminate());
    await server.close();
  });

  /** A client that speaks just enough of the protocol, and its socket in the server. */
  async function connect(): Promise<{ client: WebSocket; socket: Socket }> {
    const address = http.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const client = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    clients.push(client);
    const connected = new Promise<Socket>((resolve) => void server.once('connection', resolve));
    await once(client, 'open');
    client.send('40');
    return { client, socket: await connected };
  }

  function fill(count: number): void {
    for (let packet = 0; packet < count; packet += 1) {
      server.emit('packet', PACKET);
    }
  }

  /** Fills the queue of a client that does not read: the first lot goes to the system, the second one waits. */
  async function clog(): Promise<void> {
    fill(200);
    await new Promise(setImmediate);
    fill(200);
  }

  it('disconnects who does not read, and leaves the others alone', async () => {
    const slow = await connect();
    const fast = await connect();
    slow.client.pause();
    const stop = watchSlowConsumers(server.of('/'), 100, new Logger());
    const gone = once(slow.socket, 'disconnect');
    let received = 0;
    const all = new Promise<void>((resolve) => {
      fast.client.on('message', () => {
        received += 1;
        if (received === 300) {
          resolve();
        }
      });
    });
    // In small steps, as events come: who reads has an empty queue in between.
    for (let step = 0; step < 300; step += 1) {
      fill(1);
      await new Promise(setImmediate);
    }
    await all;
    const [reason] = await gone;
    stop();

    expect(reason).toBe('server namespace disconnect');
    expect(fast.socket.connected).toBe(true);
  });

  it('says why in the log', async () => {
    const { client, socket } = await connect();
    const logger = new Logger();
    const warn = jest.spyOn(logger, 'warn').mockImplementation(() => undefined);
    client.pause();
    const gone = once(socket, 'disconnect');
    await clog();
    const stop = watchSlowConsumers(server.of('/'), 100, logger);
    await gone;
    stop();

    expect(warn).toHaveBeenCalledWith(expect.any(String), {
      code: 'SLOW_CONSUMER',
      socket_id: socket.id,
      waiting: expect.any(Number),
    });
  });

  it('waits at the end until a reading client has everything', async () => {
    const { client } = await connect();
    let received = 0;
    client.on('message', (data) => {
      received += (data as Buffer).length > PACKET.length ? 1 : 0;
    });
    fill(100);
    await untilDrained(server.of('/'), 30_000);
    const closed = once(client, 'close');
    await server.close();
    await closed;

    expect(received).toBe(100);
  });

  it('does not wait for ever for one that does not read, nor at all when nothing waits', async () => {
    await untilDrained(server.of('/'), 30_000);
    const { client } = await connect();
    await untilDrained(server.of('/'), 30_000);
    client.pause();
    await clog();
    const start = performance.now();
    await untilDrained(server.of('/'), 50);

    expect(performance.now() - start).toBeGreaterThan(40);
  });

  it('is done when the client goes away meanwhile', async () => {
    const { client } = await connect();
    client.pause();
    await clog();
    const drained = untilDrained(server.of('/'), 30_000);
    client.terminate();

    await expect(drained).resolves.toBeUndefined();
  });
});
