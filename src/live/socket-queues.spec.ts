import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import { Logger } from '@nestjs/common';
import { Server, type Socket } from 'socket.io';
import { WebSocket } from 'ws';
import { untilBacklogMoves, untilDrained, watchSlowConsumers } from './socket-queues';

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

    expect(reason).toBe('forced close');
    expect(fast.socket.connected).toBe(true);
  });

  it('drops the queue of who does not read at once, and says why when they read again', async () => {
    const { client, socket } = await connect();
    let received = 0;
    client.on('message', () => (received += 1));
    client.pause();
    for (let step = 0; step < 150; step += 1) {
      fill(1);
      await new Promise(setImmediate);
    }
    fill(2_000);
    const stop = watchSlowConsumers(server.of('/'), 1_000, new Logger());
    await once(socket, 'disconnect');
    stop();
    await new Promise(setImmediate);
    expect(socket.conn).toMatchObject({ readyState: 'closed', writeBuffer: [] });

    const closed = once(client, 'close');
    client.resume();
    const [code, reason] = (await closed) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([1013, 'SLOW_CONSUMER']);
    expect(received).toBeLessThan(300);
  });

  it('counts bytes too: few large packets are as bad, but a single one gets through', async () => {
    const { client, socket } = await connect();
    let received = 0;
    client.on('message', (data) => (received += (data as Buffer).length));
    client.pause();
    const stop = watchSlowConsumers(server.of('/'), 100, new Logger());
    const large = 'x'.repeat(20_000_000);
    server.emit('packet', large);
    server.emit('packet', large);
    await new Promise((resolve) => {
      setTimeout(resolve, 1_100);
    });
    expect(socket.connected).toBe(true);
    server.emit('packet', 'small');
    await once(socket, 'disconnect');
    stop();
    expect(received).toBeLessThan(20_000_000);
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

  it('lets a backlog wait in the database until the client has read what was sent', async () => {
    const { client, socket } = await connect();
    let received = 0;
    client.on('message', (data) => {
      received += (data as Buffer).length > 10_000 ? 1 : 0;
    });
    client.pause();
    let sent = 0;
    const sending = (async () => {
      for (; sent < 3_000 && socket.connected; sent += 1) {
        socket.emit('packet', 'x'.repeat(10_000));
        await untilBacklogMoves(socket.conn);
      }
    })();
    // Two looks between which nothing more was sent: the system has taken all it can.
    for (let before = -1; before !== sent;) {
      before = sent;
      await new Promise((resolve) => {
        setTimeout(resolve, 200);
      });
    }
    expect(sent).toBeLessThan(3_000);
    expect((socket.conn as unknown as { writeBuffer: unknown[] }).writeBuffer.length).toBeLessThanOrEqual(64);

    client.resume();
    await sending;
    await untilDrained(server.of('/'), 30_000);
    const closed = once(client, 'close');
    await server.close();
    await closed;
    expect(received).toBe(3_000);
  });

  it('lets go of a backlog whose client has left, however many wait for it', async () => {
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { client, socket } = await connect();
    client.pause();
    await clog();
    const waits = Array.from({ length: 20 }, () => untilBacklogMoves(socket.conn));
    client.terminate();

    await expect(Promise.all(waits)).resolves.toHaveLength(20);
    expect(warnings).not.toHaveBeenCalled();
    warnings.mockRestore();
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
