import { ModelCallError } from './model-call-error';
import { type OllamaHttp } from './ollama-http';
import { OllamaClient } from './ollama.client';
import { ollamaParts } from './testing/ollama-parts';
import { failureOf } from './testing/failure-of';
import { ScriptedOllama } from './testing/scripted-ollama';

describe('OllamaHttp', () => {
  let server: ScriptedOllama;
  let http: OllamaHttp;

  beforeEach(async () => {
    server = await ScriptedOllama.start();
    ({ http } = ollamaParts(server.url, { OLLAMA_API_KEY: 'secret' }));
  });
  afterEach(() => server.close());

  const ask = (timeoutMs = 5_000, signal?: AbortSignal) =>
    http.json<unknown>(
      { method: 'POST', path: '/api/x', body: { ä: '🦙' }, ...(signal ? { signal } : {}) },
      timeoutMs,
    );

  it('sends the key, the length and no Origin, and does not keep the connection', async () => {
    const answer = ask();
    const exchange = await server.next();
    exchange.status(200, '{"ok":true}');

    expect(await answer).toEqual({ ok: true });
    expect(exchange.body).toEqual({ ä: '🦙' });
    expect(exchange.request.headers).toMatchObject({
      authorization: 'Bearer secret',
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength('{"ä":"🦙"}')),
      host: new URL(server.url).host,
      connection: 'close',
    });
    expect(exchange.request.headers).not.toHaveProperty('origin');
    await exchange.closed;
  });

  it('sends no body with a GET', async () => {
    const answer = http.json({ method: 'GET', path: '/api/version' }, 5_000);
    const exchange = await server.next();
    exchange.status(200, '{"version":"0.33.0"}');
    await answer;

    expect(exchange.body).toEqual({});
    expect(exchange.request.headers['content-length']).toBeUndefined();
  });

  it.each([
    ['before the headers', false],
    ['within the body', true],
  ])('gives up after the time %s and closes the connection', async (_case, headers) => {
    const answer = ask(30);
    const outcome = failureOf(answer);
    const exchange = await server.next();
    if (headers) {
      exchange.raw('{');
    }

    expect(await outcome).toMatchObject({
      code: 'OLLAMA_UNREACHABLE',
      message: expect.stringContaining('30 ms'),
    });
    await exchange.closed;
  });

  it.each([
    ['before the headers', false],
    ['within the body', true],
  ])('throws the reason when it is aborted %s and closes the connection', async (_case, headers) => {
    const abort = new AbortController();
    const reason = new Error('cancelled');
    const answer = ask(5_000, abort.signal);
    const outcome = failureOf(answer);
    const exchange = await server.next();
    if (headers) {
      await new Promise((resolve) => exchange.raw('{').response.write('"', resolve));
    }
    abort.abort(reason);

    expect(await outcome).toBe(reason);
    await exchange.closed;
  });

  it('closes the connection when it is aborted within an error answer', async () => {
    const abort = new AbortController();
    const reason = new Error('cancelled');
    const opened = http.open({ method: 'POST', path: '/api/x', signal: abort.signal });
    const outcome = failureOf(opened);
    const exchange = await server.next();
    exchange.response.writeHead(500);
    await new Promise((resolve) => exchange.response.write('{', resolve));
    abort.abort(reason);

    expect(await outcome).toBe(reason);
    await exchange.closed;
  });

  it('refuses an answer that is not JSON', async () => {
    const answer = ask();
    (await server.next()).status(200, '<html>', 'text/html');

    await expect(answer).rejects.toMatchObject({ code: 'BAD_STREAM' });
  });

  it('refuses an answer that is larger than anyone needs, and closes the connection', async () => {
    const answer = ask();
    const exchange = await server.next();
    exchange.raw('x'.repeat(17 * 1024 * 1024));

    await expect(answer).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
    await exchange.closed;
  });

  it('says what a status means, for every route', async () => {
    const answer = ask();
    (await server.next()).status(403, '');

    await expect(answer).rejects.toBeInstanceOf(ModelCallError);
    await expect(answer).rejects.toMatchObject({ code: 'OLLAMA_FORBIDDEN' });
  });

  it.each([
    ['version', '{"version":"0.33.0"}', '0.33.0'],
    ['version', '{}', 'unknown'],
    ['version', 'null', 'unknown'],
  ] as const)('reads the %s from %s as %s', async (_what, body, expected) => {
    const answer = new OllamaClient(http).version();
    (await server.next()).status(200, body);

    expect(await answer).toBe(expected);
  });

  it.each([null, undefined])('takes a list of models that is %s as empty', async (models) => {
    server.models = models;

    expect(await new OllamaClient(http).installedModels()).toEqual([]);
  });
});
