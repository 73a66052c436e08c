import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { GenerateProxy } from './generate-proxy';
import { failureOf } from './testing/failure-of';
import { ollamaParts } from './testing/ollama-parts';
import { ScriptedOllama } from './testing/scripted-ollama';

describe(GenerateProxy.name, () => {
  let ollama: ScriptedOllama;

  beforeEach(async () => {
    ollama = await ScriptedOllama.start();
  });

  afterEach(() => ollama.close());

  const proxyOf = (environment: Record<string, string> = {}) => {
    const { settings, scheduler } = ollamaParts(ollama.url, environment);
    return { proxy: new GenerateProxy(scheduler, settings), scheduler };
  };
  const request = (body: Record<string, unknown> = {}, signal = new AbortController().signal) => ({
    bytes: Buffer.from(JSON.stringify({ model: 'tiny', ...body })),
    body: { model: 'tiny', ...body },
    signal,
  });

  it('passes the answer on as it comes', async () => {
    const { proxy } = proxyOf();
    const target = new PassThrough();
    const done = proxy.forward(request(), () => target);
    const exchange = await ollama.next();
    exchange.raw('{"response":"H');
    expect(String(await new Promise((resolve) => target.once('data', resolve)))).toBe('{"response":"H');
    exchange.raw('i"}\n').response.end();
    expect(await text(target)).toBe('i"}\n');
    await done;
    expect(ollama.seen).toEqual(['POST /api/generate']);
  });

  it('waits for a slot, and holds it until the answer has been sent', async () => {
    const { proxy, scheduler } = proxyOf();
    const first = proxy.forward(request(), () => new PassThrough().resume());
    const exchange = await ollama.next();
    const order: string[] = [];
    const second = proxy
      .forward(request(), () => new PassThrough().resume())
      .then(() => order.push('second'));
    const turn = scheduler
      .run({ model: 'm', signal: new AbortController().signal }, () => Promise.resolve())
      .then(() => order.push('turn'));
    exchange.raw('{}\n');
    expect(ollama.seen).toHaveLength(1);
    exchange.response.end();
    await first;
    (await ollama.next()).raw('{}\n').response.end();
    await Promise.all([second, turn]);
    expect(order).toEqual(['second', 'turn']);
  });

  it('asks nothing for a client that leaves while it waits', async () => {
    const { proxy } = proxyOf();
    const first = proxy.forward(request(), () => new PassThrough().resume());
    const exchange = await ollama.next();
    const client = new AbortController();
    const second = proxy.forward(request({}, client.signal), () => new PassThrough());
    client.abort();
    await second;
    exchange.raw('{}').response.end();
    await first;
    expect(ollama.seen).toHaveLength(1);
  });

  it('closes the connection to Ollama when the client leaves before anything came', async () => {
    const { proxy } = proxyOf();
    const client = new AbortController();
    const begin = jest.fn(() => new PassThrough());
    const done = proxy.forward(request({}, client.signal), begin);
    const exchange = await ollama.next();
    client.abort();
    await exchange.closed;
    await done;
    expect(begin).not.toHaveBeenCalled();
  });

  it('gives up an answer that does not begin in time', async () => {
    const { proxy } = proxyOf({ OLLAMA_FIRST_TOKEN_TIMEOUT_SECONDS: '0.1' });
    const failure = failureOf(proxy.forward(request(), () => new PassThrough()));
    const exchange = await ollama.next();
    await exchange.closed;
    expect(await failure).toMatchObject({
      code: 'UPSTREAM_FAILED',
      message: expect.stringContaining('OLLAMA_FIRST_TOKEN_TIMEOUT_SECONDS'),
    });
  });

  it('grants an answer in one piece the time of a turn on top', async () => {
    const { proxy } = proxyOf({ OLLAMA_FIRST_TOKEN_TIMEOUT_SECONDS: '0.1', OLLAMA_TIMEOUT: '60' });
    const target = new PassThrough();
    const done = proxy.forward(request({ stream: false }), () => target);
    const exchange = await ollama.next();
    // A call that does not get this time is over first.
    await failureOf(
      proxyOf({ OLLAMA_FIRST_TOKEN_TIMEOUT_SECONDS: '0.3' }).proxy.forward(request(), () => target),
    );
    expect(exchange.isClosed).toBe(false);
    exchange.raw('{"done":true}').response.end();
    expect(await text(target)).toBe('{"done":true}');
    await done;
  });

  it.each([
    ['Ollama falls silent', false],
    ['the client stops reading', true],
  ])('breaks off when %s in the middle', async (_what, isSlowReader) => {
    const { proxy } = proxyOf({ OLLAMA_IDLE_TIMEOUT_SECONDS: '0.2' });
    const target = new PassThrough();
    target.on('error', () => undefined);
    if (!isSlowReader) {
      target.resume();
    }
    const failure = failureOf(proxy.forward(request(), () => target));
    const exchange = await ollama.next();
    exchange.raw(isSlowReader ? 'x'.repeat(200_000) : '{}\n');
    await exchange.closed;
    expect(await failure).toMatchObject({ code: 'UPSTREAM_FAILED' });
    expect([target.destroyed, target.writableFinished]).toEqual([true, false]);
  });

  it.each(['cut', 'reset'] as const)('breaks off when the connection is %s in the middle', async (how) => {
    const { proxy } = proxyOf();
    const target = new PassThrough();
    target.on('error', () => undefined);
    target.resume();
    const failure = failureOf(proxy.forward(request(), () => target));
    const exchange = await ollama.next();
    exchange.raw('{}\n');
    await new Promise((resolve) => target.once('data', resolve));
    exchange[how]();
    expect(await failure).toMatchObject({ code: 'UPSTREAM_FAILED' });
    expect([target.destroyed, target.writableFinished]).toEqual([true, false]);
  });
});
