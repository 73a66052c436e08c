import { io } from 'socket.io-client';
import { EngineClient } from '../support/engine-client';
import { isCode } from '../support/error-shape';
import { send } from '../support/raw-http';
import { NO_OLLAMA, type ServerProcess, startServerProcess } from '../support/server-process';
import { SocketWatcher } from '../support/socket-watcher';

/** Longest answer to anything wrong: nothing of what was sent comes back at length. */
const MAX_ANSWER = 2_000;

const nested = (depth: number) => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`) as unknown;

/** Payloads that are no object, whatever the event; each row holds the arguments of one `emit`. */
const NO_OBJECTS: readonly (readonly [what: string, args: readonly unknown[]])[] = [
  ['nothing', []],
  ['null', [null]],
  ['a number', [5]],
  ['a text', ['x']],
  ['a boolean', [true]],
  ['an empty list', [[]]],
  ['the request in a list', [[{ experimentId: 'x' }]]],
  ['two requests', [{ experimentId: 'x' }, { experimentId: 'y' }]],
  ['binary data', [Buffer.from('{"experimentId":"x"}')]],
  ['900,000 characters', ['x'.repeat(900_000)]],
];

/** Objects with a wrong `experimentId`, whatever the event. */
const WRONG_IDS: readonly (readonly [what: string, args: readonly unknown[]])[] = [
  ['no id', [{}]],
  ['an id in another spelling', [{ experiment_id: 'x' }]],
  ['null as id', [{ experimentId: null }]],
  ['a number as id', [{ experimentId: 5 }]],
  ['a list as id', [{ experimentId: ['x'] }]],
  ['an object as id', [{ experimentId: { toString: 'x', length: 1 } }]],
  ['a blank id', [{ experimentId: ' ' }]],
  ['a long id', [{ experimentId: 'x'.repeat(201) }]],
  ['a huge id', [{ experimentId: 'x'.repeat(900_000) }]],
  ['NUL in the id', [{ experimentId: 'a\0b' }]],
  ['half a character in the id', [{ experimentId: '\ud800' }]],
  ['binary data as id', [{ experimentId: Buffer.from('x') }]],
  ['NUL in a key', [{ experimentId: 'x', 'a\0': 1 }]],
  ['an own __proto__', [JSON.parse('{"experimentId":"x","__proto__":{"polluted":1}}')]],
  ['33 levels', [{ experimentId: 'x', deep: nested(32) }]],
  ['3,000 levels', [{ experimentId: 'x', deep: nested(3_000) }]],
  ['binary data aside', [{ experimentId: 'x', other: Buffer.alloc(10) }]],
];

const WRONG_OPTIONS: readonly (readonly [what: string, args: readonly unknown[]])[] = [
  ['after -1', [{ experimentId: 'x', after: -1 }]],
  ['after 1.5', [{ experimentId: 'x', after: 1.5 }]],
  ['after a word', [{ experimentId: 'x', after: 'now' }]],
  ['after a list', [{ experimentId: 'x', after: [1] }]],
  ['deltas null', [{ experimentId: 'x', deltas: null }]],
  ['deltas maybe', [{ experimentId: 'x', deltas: 'maybe' }]],
];

describe('what clients send over Socket.IO', () => {
  let server: ServerProcess;
  let watcher: SocketWatcher;

  beforeAll(async () => {
    server = await startServerProcess(NO_OLLAMA);
    watcher = await SocketWatcher.connect(server.url);
  });
  afterEach(async () => {
    expect(server.complaint()).toBeNull();
    // The connection that all tests share, and a new one.
    expect(await watcher.emit('subscribe.list')).toEqual({ ok: true });
    const other = await SocketWatcher.connect(server.url);
    expect(await other.emit('unsubscribe.list')).toEqual({ ok: true });
    other.close();
  });
  afterAll(async () => {
    watcher.close();
    await server.close();
  });

  const ask = (event: string, args: readonly unknown[]) =>
    watcher.socket.timeout(3_000).emitWithAck(event, ...args) as Promise<{ error: Record<string, unknown> }>;

  const expectRefusal = (answer: { error: Record<string, unknown> }, code: string) => {
    expect(answer).toEqual({ error: expect.objectContaining({ code, message: expect.any(String) }) });
    expect(isCode(code)).toBe(true);
    expect(['code,message', 'code,detail,message']).toContain(Object.keys(answer.error).toSorted().join());
    expect(JSON.stringify(answer).length).toBeLessThan(MAX_ANSWER);
  };

  describe.each(['subscribe', 'unsubscribe'])('%s', (event) => {
    it.each([...NO_OBJECTS, ...WRONG_IDS])(
      'with %s is acknowledged with what is wrong',
      async (_what, args) => {
        const answer = await ask(event, args);
        expectRefusal(answer, 'VALIDATION_FAILED');
        expect(answer.error['detail']).toMatchObject([{ loc: expect.arrayContaining(['body']) }]);
      },
    );

    it('that wants no acknowledgement is told with an event', async () => {
      const client = await SocketWatcher.connect(server.url);
      client.socket.emit(event, { experimentId: 5 });
      const { payload } = await client.waitFor('error');
      expectRefusal(payload as { error: Record<string, unknown> }, 'VALIDATION_FAILED');
      client.socket.emit(event, { experimentId: 'x' }, { experimentId: 'y' });
      await client.waitFor('error', (told) => JSON.stringify(told).includes('"loc":["body"]'));
      client.close();
    });
  });

  it.each(WRONG_OPTIONS)('subscribe with %s is acknowledged with what is wrong', async (what, args) => {
    const answer = await ask('subscribe', args);
    expectRefusal(answer, 'VALIDATION_FAILED');
    expect(answer.error['detail']).toMatchObject([{ loc: ['body', what.split(' ')[0]] }]);
  });

  it.each(['nobody', '../x', '__proto__', 'constructor', '%00', '😀', '*', 'x'.repeat(150)])(
    'subscribe to the unknown experiment %j is acknowledged as not found',
    async (experimentId) => {
      expectRefusal(await ask('subscribe', [{ experimentId }]), 'EXPERIMENT_NOT_FOUND');
      expect(await ask('unsubscribe', [{ experimentId }])).toEqual({ ok: true });
    },
  );

  it.each(['subscribe.list', 'unsubscribe.list'])('%s asks for nothing and takes anything', async (event) => {
    for (const [, args] of [...NO_OBJECTS, ...WRONG_IDS]) {
      expect(await ask(event, args)).toEqual({ ok: true });
    }
  });

  it.each(['nope', 'error', 'experiment.status', '__proto__', ''])(
    'the unknown event %j is acknowledged with an error',
    async (event) => {
      const answer = await ask(event, [{ secret: 'payload' }]);
      expect(isCode(answer.error['code'])).toBe(true);
      expect(JSON.stringify(answer)).not.toContain('payload');
      expect(JSON.stringify(answer).length).toBeLessThan(MAX_ANSWER);
    },
  );

  it.each(['/nope', '/experiments/x', '/admin', '/__proto__', '/' + 'x'.repeat(150)])(
    'the unknown namespace %j is refused',
    async (namespace) => {
      const socket = io(server.url + namespace, { transports: ['websocket'], reconnection: false });
      const error = await new Promise<Error>((resolve, reject) => {
        socket.once('connect', () => reject(new Error('connected')));
        socket.once('connect_error', resolve);
      });
      socket.disconnect();
      expect(error.message).toBe('Invalid namespace');
    },
  );

  it.each<[string, string | Buffer]>([
    ['an empty frame', ''],
    ['a word', 'garbage'],
    ['an unknown packet type', '9'],
    ['a second handshake', '0{"sid":"x"}'],
    ['an upgrade probe', '2probe'],
    ['an upgrade', '5'],
    ['an unknown Socket.IO type', '49'],
    ['no JSON', '42/experiments,["subscribe"'],
    ['JSON without an event', '42/experiments,{}'],
    ['an empty list', '42/experiments,[]'],
    ['a number as event', '42/experiments,[5,{}]'],
    ['an object as event', '42/experiments,[{"toString":1}]'],
    ['null as event', '42/experiments,[null]'],
    ['a reserved event', '42/experiments,["disconnect"]'],
    ['a reserved event with a payload', '42/experiments,["disconnecting",{}]'],
    ['a listener event', '42/experiments,["newListener","x"]'],
    ['a connect error of the server', '44/experiments,{"message":"x"}'],
    ['an acknowledgement of nothing', '43/experiments,5[{}]'],
    ['an acknowledgement without id', '43/experiments,[{}]'],
    ['a huge id', '42/experiments,99999999999999999999999["subscribe",{}]'],
    ['a namespace that is not joined', '42/other,["subscribe",{}]'],
    ['a namespace without end', `40/${'x'.repeat(50_000)}`],
    ['the same namespace again', '40/experiments,{}'],
    ['a token that is no object', '40/experiments,"x"'],
    ['an attachment that never comes', '451-/experiments,["subscribe",{"_placeholder":true,"num":0}]'],
    ['too many attachments', '45999999999-/experiments,["subscribe",{}]'],
    ['a wrong number of attachments', '45x-/experiments,["subscribe",{}]'],
    ['an attachment of another place', '451-/experiments,["subscribe",{"_placeholder":true,"num":9}]'],
    ['binary data alone', Buffer.from([4, 2, 255, 0])],
    ['nesting', `42/experiments,["subscribe",${'['.repeat(100_000)}`],
    ['a close', '1'],
  ])('%s in a frame ends at most that connection', async (_what, frame) => {
    const client = await EngineClient.join(server.url);
    client.socket.send(frame);
    if (typeof frame === 'string' && frame.startsWith('451-')) {
      client.socket.send(Buffer.from('x'));
    }
    expect(['answered', 'closed']).toContain(await client.fate());
    client.socket.terminate();
  });

  it('a packet over the limit ends that connection only', async () => {
    const clients = await Promise.all([EngineClient.join(server.url), EngineClient.join(server.url)]);
    clients[0].socket.send(`42/experiments,["subscribe",{"experimentId":"${'x'.repeat(1_100_000)}"}]`);
    expect(await clients[0].closed).toBe(1009);
    expect(await clients[1].fate()).toBe('answered');
    clients[1].socket.terminate();
  });

  it.each<[string, string, string, string | undefined]>([
    ['an unknown session', 'GET', '&sid=nobody', undefined],
    ['an unknown transport', 'GET', 'x', undefined],
    ['an old protocol', 'GET', '&EIO=3', undefined],
    ['a post without a session', 'POST', '', '4x'],
    ['a put', 'PUT', '', undefined],
  ])('polling with %s is refused', async (_what, method, query, body) => {
    const path = `/socket.io/?EIO=4&transport=polling${query}`;
    const { status, text } = await send(server.url, { method, path, body });
    expect(status).toBe(400);
    expect(JSON.parse(text)).toEqual({ code: expect.any(Number), message: expect.any(String) });
  });

  it.each([
    ['garbage', 200, 'garbage\x1e\x1e9'],
    ['too much', 413, '4'.repeat(1_100_000)],
  ])('polling with %s hurts no other session', async (_what, status, body) => {
    const path = '/socket.io/?EIO=4&transport=polling';
    const { text } = await send(server.url, { path });
    const { sid } = JSON.parse(text.slice(1)) as { sid: string };
    const answer = await send(server.url, { method: 'POST', path: `${path}&sid=${sid}`, body });
    expect(answer.status).toBe(status);
    const other = await SocketWatcher.connect(server.url, { transports: ['polling'] });
    expect(await other.emit('subscribe.list')).toEqual({ ok: true });
    other.close();
  });
});
