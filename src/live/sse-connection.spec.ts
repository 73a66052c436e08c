import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SseConnection, type SseConnectionOptions } from './sse-connection';

const PIECE = 'x'.repeat(256 * 1024);

describe(SseConnection.name, () => {
  let server: Server;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** A client and the connection to it. */
  async function connect(options: Partial<SseConnectionOptions> = {}) {
    const { port } = server.address() as AddressInfo;
    const asked = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>;
    const sent = request({ port, host: '127.0.0.1', agent: false });
    sent.on('error', () => undefined);
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    answered.catch(() => undefined);
    sent.end();
    const [, response] = await asked;
    const answer = answered.then(([got]) => got);
    answer.catch(() => undefined);
    return {
      sent,
      answer,
      response,
      connection: new SseConnection(response, { heartbeatMs: 60_000, ...options }),
    };
  }

  /** Writes until more than so many writes wait. */
  async function clog(connection: SseConnection, writes: number): Promise<void> {
    while (connection.waiting <= writes) {
      connection.write(PIECE);
      await new Promise(setImmediate);
    }
  }

  it('begins with its headers and the time after which browsers come back', async () => {
    const { answer, connection } = await connect();
    connection.start();
    connection.write('data: 1\n\n');
    connection.end();
    const got = await answer;
    expect(got.statusCode).toBe(200);
    expect(got.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    expect(await text(got)).toBe('retry: 1000\n\ndata: 1\n\n');
  });

  it('shows a sign of life when nothing was said for a while', async () => {
    const { answer, connection } = await connect({ heartbeatMs: 30 });
    connection.start();
    let received = '';
    for await (const chunk of await answer) {
      received += String(chunk);
      if (received.endsWith(': ping\n\n: ping\n\n')) {
        break;
      }
    }
    expect(received).toBe('retry: 1000\n\n: ping\n\n: ping\n\n');
  });

  it('says nothing after its end, nor to a client that has left', async () => {
    const { sent, response, connection } = await connect();
    connection.start();
    sent.destroy();
    await once(response, 'close');
    expect(connection.isOpen).toBe(false);
    connection.write('data: 1\n\n');
    connection.end();
    expect(await connection.send('data: 2\n\n')).toBe(true);
  });

  it('knows how much a client that does not read leaves lying', async () => {
    const { answer, connection } = await connect();
    connection.start();
    const got = await answer;
    expect(connection.isSlow(0)).toBe(false);
    await clog(connection, 3);
    expect(connection.isSlow(3)).toBe(true);
    expect(connection.isSlow(1_000)).toBe(false);
    got.resume();
    await connection.send('data: 1\n\n');
    expect(connection.isSlow(3)).toBe(false);
  });

  it('counts bytes too: a few large events are as much as many small ones', async () => {
    const { answer, connection } = await connect();
    connection.start();
    (await answer).pause();
    await clog(connection, 70);
    expect(connection.isSlow(1_000)).toBe(true);
  });

  it('waits with what was missed until the client has room', async () => {
    const { answer, connection } = await connect();
    connection.start();
    const got = await answer;
    await clog(connection, 3);
    const order: string[] = [];
    const sent = connection.send(PIECE).then((isReading) => order.push(`sent ${isReading}`));
    await new Promise(setImmediate);
    order.push('read');
    got.resume();
    await sent;
    expect(order).toEqual(['read', 'sent true']);
  });

  it('tells of a client that does not read what it missed, and cuts off one that does not read the end', async () => {
    const { answer, connection, response } = await connect({ readLimitMs: 50 });
    connection.start();
    const got = await answer;
    await clog(connection, 3);
    expect(await connection.send(PIECE)).toBe(false);
    const closed = once(response, 'close');
    connection.end();
    await closed;
    await expect(text(got)).rejects.toThrow('aborted');
  });

  it('waits no longer than it may for the last words to arrive', async () => {
    const { answer, connection } = await connect();
    connection.start();
    await answer;
    await clog(connection, 3);
    connection.end();
    const start = performance.now();
    await connection.untilClosed(50);
    expect(performance.now() - start).toBeGreaterThan(40);
    connection.cut();
    await connection.untilClosed(30_000);
  });
});
