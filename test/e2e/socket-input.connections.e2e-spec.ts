import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { type Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { anAgent, anExperiment } from '../support/factories';
import { PlainClient } from '../support/plain-client';
import { HANDSHAKE, knock, upgrade } from '../support/raw-http';
import { type ServerProcess, startServerProcess } from '../support/server-process';
import { type Simulator, startSimulator } from '../support/simulator';
import { SocketWatcher } from '../support/socket-watcher';

/** The code of the close frame with which a server ends a connection. */
async function closeCode(socket: Duplex, head: Buffer): Promise<number> {
  let received = head;
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer]);
    const end = received.subarray(-4);
    if (end[0] === 0x88 && end[1] === 2) {
      return end.readUInt16BE(2);
    }
  }
  throw new Error(`no close frame in ${JSON.stringify(received.toString('latin1'))}`);
}

describe('connections that misbehave', () => {
  let simulator: Simulator;
  let server: ServerProcess;
  let id: string;
  let path: string;
  let bystander: PlainClient;
  let watcher: SocketWatcher;

  beforeAll(async () => {
    simulator = await startSimulator();
    server = await startServerProcess(simulator.url);
  });
  beforeEach(async () => {
    await simulator.control('hold', { afterTokens: 0 });
    id = await server.api.start(anExperiment({ agents: [anAgent('Solo')] }));
    path = `/ws/experiments/${id}`;
    await simulator.waitUntil('heldChats', 1);
    bystander = await PlainClient.connect(server.url, path);
    watcher = await SocketWatcher.connect(server.url);
    await watcher.subscribe(id, { after: 0 });
  });
  afterEach(async () => {
    // Whatever happened: the others hear everything until the end.
    await simulator.control('release');
    await watcher.untilOver();
    expect(watcher.events).toEqual(await server.api.events(id));
    expect(await bystander.closed).toEqual({ code: 1000, reason: 'Experiment completed' });
    expect(bystander.frames.all.map(({ type }) => type)).toEqual([
      'status',
      'conversation',
      'message',
      'message',
      'conversation',
      'status',
    ]);
    expect(server.complaint()).toBeNull();
    watcher.close();
    await simulator.reset();
  });
  afterAll(async () => {
    await server.close();
    await simulator.stop();
  });

  const openPlain = async () => {
    const opened = await upgrade(server.url, { path });
    if (!('socket' in opened)) {
      throw new Error(`no WebSocket: ${opened.status}`);
    }
    return opened;
  };

  it.each([
    ['an unmasked frame', 1002, [0x81, 0x01, 0x78]],
    ['a reserved opcode', 1002, [0x83, 0x80, 0, 0, 0, 0]],
    ['reserved bits', 1002, [0xf1, 0x80, 0, 0, 0, 0]],
    ['a ping in pieces', 1002, [0x09, 0x80, 0, 0, 0, 0]],
    ['a long ping', 1002, [0x89, 0xfe, 0x01, 0x00]],
    ['the rest of nothing', 1002, [0x80, 0x80, 0, 0, 0, 0]],
    ['text that is not UTF-8', 1007, [0x81, 0x82, 0, 0, 0, 0, 0xff, 0xff]],
    ['a farewell with a wrong code', 1002, [0x88, 0x82, 0, 0, 0, 0, 0x00, 0x01]],
    ['a frame over the limit', 1009, [0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0]],
    ['a frame of 2^63 bytes', 1009, [0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['HTTP', 1002, [...Buffer.from('GET / HTTP/1.1\r\n\r\n')]],
  ])('%s on the plain WebSocket ends that connection with %d', async (_what, code, bytes) => {
    const { socket, head } = await openPlain();
    socket.write(Buffer.from(bytes));
    expect(await closeCode(socket, head)).toBe(code);
    socket.destroy();
  });

  it('what a client says before its handshake is answered is not lost, and not obeyed', async () => {
    const headers = Object.entries({ Host: 'localhost', ...HANDSHAKE }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    const ping = Buffer.from([0x89, 0x84, 0, 0, 0, 0, 0x6c, 0x69, 0x76, 0x65]);
    const socket = connect(server.port, '127.0.0.1');
    socket.write(Buffer.concat([Buffer.from(`GET ${path} HTTP/1.1\r\n${headers.join('')}\r\n`), ping]));
    let received = '';
    for await (const chunk of socket) {
      received += (chunk as Buffer).toString('latin1');
      if (received.includes('\x8a\x04live') && received.includes('"type":"message"')) {
        break;
      }
    }
    expect(received).toMatch(/^HTTP\/1.1 101 /);
  });

  it.each([
    ['no key', 400, { 'sec-websocket-key': '' }],
    ['a short key', 400, { 'sec-websocket-key': 'AAAA' }],
    ['an old version', 400, { 'sec-websocket-version': '12' }],
    ['no version', 400, { 'sec-websocket-version': '' }],
    ['broken subprotocols', 400, { 'sec-websocket-protocol': 'a,,b' }],
  ])('a handshake with %s is refused', async (_what, status, headers) => {
    expect((await knock(server.url, path, headers)).status).toBe(status);
  });

  it.each(['POST', 'PUT'])('a handshake by %s is refused', async (method) => {
    expect(await upgrade(server.url, { method, path })).toMatchObject({ status: 405 });
  });

  it.each([
    '/',
    '/ws',
    '/ws/',
    '/ws/experiments',
    '/ws/experiments/',
    '/ws/experiments/a/b',
    '/ws/experiments/%FF',
    '/ws/experiments/..%2fx',
    '/ws/nothing/x',
    '/api/experiments',
    '/socket.iox/',
  ])('a handshake at %s, where no socket is, is answered with 404', async (nowhere) => {
    const { status, json } = await knock(server.url, nowhere);
    expect([status, json]).toEqual([404, { detail: 'Not Found', code: 'ROUTE_NOT_FOUND' }]);
  });

  it.each(['%00', '..%5cx', '__proto__', '%F0%9F%98%80', 'x'.repeat(150)])(
    'a plain socket to the unknown experiment %s is told so',
    async (segment) => {
      const client = await PlainClient.connect(server.url, '/ws/experiments/' + segment);
      expect((await client.closed).code).toBe(4004);
      expect(client.frames.all).toMatchObject([{ type: 'status', data: { status: 'error', final: true } }]);
    },
  );

  it('a client that unsubscribes at once hears nothing more', async () => {
    const fickle = await SocketWatcher.connect(server.url);
    const [subscription, end] = [fickle.subscribe(id), fickle.emit('unsubscribe', { experimentId: id })];
    expect([await subscription, await end]).toMatchObject([{ experiment_id: id }, { ok: true }]);
    await simulator.control('release');
    await watcher.untilOver();
    // Whatever was sent to it has come before this answer.
    await fickle.emit('unsubscribe.list');
    expect(fickle.received.all).toEqual([]);
    fickle.close();
  });

  describe('in large numbers', () => {
    let before: number;

    beforeEach(() => {
      before = process.platform === 'linux' ? server.openFiles() : Infinity;
    });
    afterEach(async () => {
      // The server needs some turns of its loop to notice; each request gives it one.
      for (let turns = 0; turns < 2_000 && leftOpen() > 0; turns += 1) {
        await server.api.get('/health');
      }
      expect(leftOpen()).toBeLessThanOrEqual(0);
    });

    /** Files and sockets that the server has opened and not closed since; the few that pools keep do not count. */
    const leftOpen = () => (before === Infinity ? 0 : server.openFiles() - before - 8);

    it('half a handshake each does not keep others out', async () => {
      const sockets = Array.from({ length: 100 }, () => connect(server.port, '127.0.0.1'));
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      sockets.forEach((socket, index) =>
        socket.write(`GET ${path} HTTP/1.1\r\nUpgrade: web`.slice(0, index)),
      );
      const client = await PlainClient.connect(server.url, path);
      await client.frames.waitFor(({ type }) => type === 'message');
      client.socket.terminate();
      sockets.forEach((socket) => socket.destroy());
    });

    it('plain sockets that are opened and cut at once leave nothing behind', async () => {
      const sockets = await Promise.all(Array.from({ length: 100 }, openPlain));
      sockets.forEach(({ socket }) => (socket as Socket).resetAndDestroy());
    });

    it('Socket.IO connections that are cut at every stage leave nothing behind', async () => {
      const address = `${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
      const subscribe = JSON.stringify(['subscribe', { experimentId: id, after: 0 }]);
      const openAndCut = (stage: number) =>
        new Promise<void>((resolve) => {
          const socket = new WebSocket(address);
          let packets = 0;
          const cutAt = (reached: number) => {
            if (reached === stage) {
              socket.terminate();
            }
          };
          socket.on('error', () => undefined);
          socket.on('close', () => resolve());
          socket.on('open', () => {
            cutAt(0);
            socket.send('40/experiments,', () => undefined);
            cutAt(1);
          });
          socket.on('message', () => {
            packets += 1;
            if (packets === 2) {
              socket.send(`42/experiments,1${subscribe}`, () => cutAt(2));
            }
            cutAt(packets + 1);
          });
        });
      for (let round = 0; round < 10; round += 1) {
        await Promise.all(Array.from({ length: 50 }, (_, index) => openAndCut(index % 5)));
      }
    });

    it('clients that subscribe and unsubscribe in a race are all answered', async () => {
      const clients = await Promise.all(Array.from({ length: 10 }, () => SocketWatcher.connect(server.url)));
      const [cut, kept] = [clients.slice(0, 5), clients.slice(5)];
      for (const { socket } of cut) {
        for (let round = 0; round < 20; round += 1) {
          socket.emit('subscribe', { experimentId: id, after: 0 });
          socket.emit('unsubscribe', { experimentId: id });
        }
        socket.disconnect();
      }
      const pairs = kept.flatMap((client) =>
        Array.from({ length: 20 }, () =>
          Promise.all([client.subscribe(id, { after: 0 }), client.emit('unsubscribe', { experimentId: id })]),
        ),
      );
      expect(await Promise.all(pairs)).toEqual(
        pairs.map(() => [expect.objectContaining({ experiment_id: id }), { ok: true }]),
      );
      kept.forEach((client) => client.close());
    });
  });
});
