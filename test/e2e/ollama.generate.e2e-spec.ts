import { once } from 'node:events';
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type RequestListener,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { portOf } from '../../src/ollama/testing/port-of';
import { shapeFault } from '../support/error-shape';
import { anAgent, anExperiment } from '../support/factories';
import { type RawAnswer, send } from '../support/raw-http';
import { startApp, type TestApp } from '../support/test-app';
import { withServer } from '../support/with-server';

const PATH = '/api/ollama/generate';

/** Clocks scaled down: a fault shows within a second. */
const SHORT_CLOCKS = {
  OLLAMA_CONNECT_TIMEOUT_SECONDS: '0.5',
  OLLAMA_FIRST_TOKEN_TIMEOUT_SECONDS: '1',
  OLLAMA_IDLE_TIMEOUT_SECONDS: '0.5',
  OLLAMA_TIMEOUT: '1',
};

/** Faults before the first byte, and what the answer says of them. */
const REFUSED: readonly (readonly [Record<string, unknown>, string])[] = [
  [{ fault: 'reset_before_headers' }, 'No answer from Ollama'],
  [{ fault: 'http_error', status: 500, text: 'llama-server process has terminated' }, 'has terminated'],
  [{ fault: 'http_error', status: 400, text: 'invalid think value' }, 'invalid think value'],
  [{ fault: 'http_error', status: 404, text: "model 'x' not found" }, 'is not installed'],
  [{ fault: 'http_error', status: 503, text: 'server busy' }, 'Ollama is busy'],
  [{ fault: 'http_html', status: 502 }, 'status 502: no reason given'],
  [{ fault: 'http_empty', status: 403 }, 'refused access (403)'],
  [{ fault: 'nested_json_error' }, 'longer than the context'],
  [{ fault: 'stall_before_first' }, 'The first token did not come in time'],
];

/** Faults that Ollama's clients have to see as they are. */
const PASSED_ON: readonly Record<string, unknown>[] = [
  { fault: 'delay_headers', ms: 300 },
  { fault: 'half_line' },
  { fault: 'garbage_line' },
  { fault: 'wrong_shape' },
  { fault: 'split_utf8' },
  { fault: 'joined_lines' },
  { fault: 'last_line_without_newline' },
  { fault: 'huge_line', bytes: 5_000_000 },
  { fault: 'error_line' },
  { fault: 'end_without_done' },
  { fault: 'done_false' },
  { fault: 'identical_tokens' },
  { fault: 'empty_answer' },
];

const CUT: readonly Record<string, unknown>[] = [{ fault: 'cut_mid_stream' }, { fault: 'stall_mid_stream' }];

describe('POST /api/ollama/generate', () => {
  const server = withServer(SHORT_CLOCKS);

  const body = (more: Record<string, unknown> = {}) =>
    JSON.stringify({ model: 'llama3.2:3b', prompt: 'Say something', options: { seed: 3 }, ...more });
  const generate = (sent: string | Buffer = body(), url = server.url): Promise<RawAnswer> =>
    send(url, { method: 'POST', path: PATH, body: sent });
  const linesOf = ({ text }: RawAnswer) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { response: string; done: boolean });
  /** All requests that Ollama has got, of whatever kind. */
  const upstreamRequests = async () => (await server.simulator.stats())['requests'];

  it('streams what Ollama says, asked once', async () => {
    await server.simulator.script({ tokens: ['Good ', 'morning', '.'] });
    const answer = await generate();
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/x-ndjson']);
    expect(linesOf(answer).map(({ response, done }) => [response, done])).toEqual([
      ['Good ', false],
      ['morning', false],
      ['.', false],
      ['', true],
    ]);
    expect(await upstreamRequests()).toEqual({ total: 1, '/api/generate': 1 });
  });

  it('gives a single object without streaming, asked once', async () => {
    await server.simulator.script({ text: 'Good morning.' });
    const answer = await generate(body({ stream: false }));
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/x-ndjson']);
    expect(answer.json).toMatchObject({ response: 'Good morning.', done: true });
    expect(await upstreamRequests()).toEqual({ total: 1, '/api/generate': 1 });
  });

  it('sends each piece as soon as it is there', async () => {
    await server.simulator.script({ tokens: ['first', 'second'] });
    await server.simulator.control('hold', { afterTokens: 1 });
    const { answer } = await open(server.url, body());
    const [piece] = (await once(answer, 'data')) as [Buffer];
    expect(piece.toString()).toContain('"first"');
    await server.simulator.control('release');
    expect((await buffer(answer)).toString()).toContain('"second"');
  });

  it('loads a model on an empty prompt', async () => {
    const answer = await generate(body({ prompt: '' }));
    expect(answer.json).toMatchObject({ done: true, done_reason: 'load' });
  });

  it.each(REFUSED)('UPSTREAM_FAILED: %j before the answer is told with its reason', async (fault, reason) => {
    await server.simulator.faults({ ...fault, times: 'forever' });
    for (const stream of [true, false]) {
      const answer = await generate(body({ stream }));
      expect([answer.status, shapeFault(answer)]).toEqual([502, null]);
      expect(answer.json).toMatchObject({ code: 'UPSTREAM_FAILED', detail: expect.stringContaining(reason) });
    }
    expect(await upstreamRequests()).toEqual({ total: 2, '/api/generate': 2 });
    await server.simulator.waitUntil('activeChats', 0);
  });

  it('answers 502 for a model that is not there', async () => {
    const answer = await generate(body({ model: 'nope' }));
    expect([answer.status, answer.json]).toMatchObject([
      502,
      { code: 'UPSTREAM_FAILED', detail: expect.stringContaining("'nope' is not installed") },
    ]);
  });

  it.each(PASSED_ON)('passes $fault on as it is', async (fault) => {
    const script = { tokens: ['Grüße ', 'aus ', 'Łódź ', '🦙 ', 'und ', 'mehr.'], times: 'forever' };
    await server.simulator.script(script);
    await server.simulator.faults({ ...fault, times: 'forever' });
    const direct = await send(server.simulator.url, { method: 'POST', path: '/api/generate', body: body() });
    const passed = await generate();
    expect(passed.status).toBe(200);
    expect(withoutTimes(passed.text)).toBe(withoutTimes(direct.text));
    expect(await upstreamRequests()).toEqual({ total: 2, '/api/generate': 2 });
  });

  it.each(CUT)(
    'breaks the connection off at $fault: half an answer never looks like a whole one',
    async (fault) => {
      await server.simulator.faults(fault);
      const { answer } = await open(server.url, body());
      expect(answer.statusCode).toBe(200);
      let received = '';
      answer.on('data', (chunk: Buffer) => (received += chunk.toString()));
      await expect(once(answer, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
      expect(received).toContain('"done":false');
      expect(await upstreamRequests()).toEqual({ total: 1, '/api/generate': 1 });
      await server.simulator.waitUntil('activeChats', 0);
      expect((await generate()).status).toBe(200);
    },
  );

  it('does not end a long stream that goes on', async () => {
    await server.simulator.control('config', { tokensPerSecond: 20, words: { min: 50, max: 60 } });
    const answer = await generate();
    expect(linesOf(answer).at(-1)).toMatchObject({ done: true });
    expect(linesOf(answer).length).toBeGreaterThan(40);
  });

  it('waits for the call of an experiment that is under way, since all calls share one scheduler', async () => {
    await server.simulator.control('hold', { afterTokens: 0, match: { path: '/api/chat' } });
    const id = await server.api.start(
      anExperiment({ agents: [anAgent('Solo')], chat_rules: { max_rounds: 1 } }),
    );
    await server.simulator.waitUntil('heldChats', 1);
    const waiting = start(server.url, body());
    const leaving = start(server.url, body());
    await waiting.written;
    await leaving.written;
    leaving.sent.destroy();
    await server.simulator.control('release');
    await server.untilOver(id);
    expect((await waiting.answered).statusCode).toBe(200);
    expect(await server.simulator.requests('/api/generate')).toHaveLength(1);
  });

  describe('with clocks that end nothing by themselves', () => {
    let patient: TestApp;

    beforeAll(async () => {
      patient = await startApp(server.simulator.url);
    });

    afterAll(() => patient.close());

    it.each([
      ['before anything has come', 0],
      ['in the middle', 2],
    ])('stops Ollama when the client leaves %s', async (_when, afterTokens) => {
      await server.simulator.control('hold', { afterTokens });
      for (const stream of [true, false]) {
        const { sent } = start(patient.url, body({ stream }));
        await server.simulator.waitUntil('heldChats', 1);
        sent.destroy();
        await server.simulator.waitUntil('activeChats', 0);
      }
      expect(await server.simulator.stats()).toMatchObject({ chats: { started: 2, cancelled: 2 } });
      await server.simulator.control('release');
      expect((await generate(body(), patient.url)).status).toBe(200);
    });

    it('stops Ollama when the client leaves while the model is loaded', async () => {
      await server.simulator.control('config', { loadMs: 60_000 });
      const { sent } = start(patient.url, body());
      await server.simulator.waitUntil('phases.loading', 1);
      sent.destroy();
      await server.simulator.waitFor('abortedLoads', 1);
    });
  });

  it.each([
    ['', 'VALIDATION_FAILED', 'body: Field required'],
    ['{"model":', 'INVALID_JSON', 'body'],
    ['{"model":"m"} x', 'INVALID_JSON', 'body'],
    [Buffer.from([0x7b, 0xff, 0x7d]), 'INVALID_JSON', 'body'],
    ['[]', 'VALIDATION_FAILED', 'body: Input should be a valid dictionary'],
    ['"text"', 'VALIDATION_FAILED', 'body: Input should be a valid dictionary'],
    ['null', 'VALIDATION_FAILED', 'body: Input should be a valid dictionary'],
    [`{"a":${'['.repeat(40)}${']'.repeat(40)}}`, 'VALIDATION_FAILED', 'nested deeper than 32'],
    ['{"prompt":"\\u0000"}', 'VALIDATION_FAILED', 'body.prompt'],
    ['{"prompt":"\\ud800"}', 'VALIDATION_FAILED', 'body.prompt'],
    ['{"__proto__":1}', 'VALIDATION_FAILED', '__proto__'],
  ])('answers 400 for the body %j', async (sent, code, detail) => {
    const answer = await generate(sent);
    expect([answer.status, answer.json]).toMatchObject([
      400,
      { code, detail: expect.stringContaining(detail) },
    ]);
    expect(shapeFault(answer)).toBeNull();
    expect(await upstreamRequests()).toEqual({ total: 0 });
  });

  it('answers 413 for a body that is too large and 415 for one that is not JSON', async () => {
    expect((await generate(body({ prompt: 'x'.repeat(1_100_000) }))).status).toBe(413);
    const headers = { 'content-type': 'text/plain' };
    expect((await send(server.url, { method: 'POST', path: PATH, headers, body: body() })).status).toBe(415);
    expect((await send(server.url, { path: PATH })).status).toBe(405);
  });

  it('tells that Ollama is away', async () => {
    const app = await startApp('http://127.0.0.1:9', SHORT_CLOCKS);
    const answer = await generate(body(), app.url);
    expect([answer.status, answer.json]).toMatchObject([
      502,
      { code: 'UPSTREAM_FAILED', detail: expect.stringContaining('OLLAMA_URL') },
    ]);
    await app.close();
  });

  it('breaks the stream off when the server stops, and tells Ollama', async () => {
    const app = await startApp(server.simulator.url);
    await server.simulator.control('hold', { afterTokens: 2 });
    const { answer } = await open(app.url, body());
    answer.resume();
    await server.simulator.waitUntil('heldChats', 1);
    const ended = expect(once(answer, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await app.close();
    await ended;
    await server.simulator.waitUntil('activeChats', 0);
  });

  describe('in front of a server that answers anything', () => {
    const withUpstream = async (onRequest: RequestListener, test: (url: string) => Promise<void>) => {
      const upstream = createServer(onRequest);
      upstream.listen(0, '127.0.0.1');
      await once(upstream, 'listening');
      const app = await startApp(`http://127.0.0.1:${portOf(upstream)}`);
      try {
        await test(app.url);
      } finally {
        await app.close();
        upstream.closeAllConnections();
        await new Promise((resolve) => upstream.close(resolve));
      }
    };

    it('passes the very bytes on, both ways', async () => {
      const sent = ' {"b":1, "a" : 12345678901234567890.10, "b":"\\u00e9é", "model":"m"}\n';
      const reply = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));
      const seen: unknown[] = [];
      await withUpstream(
        (incoming, response) => {
          seen.push(incoming.method, incoming.url, buffer(incoming).then(String));
          response.writeHead(200, { 'content-type': 'text/html', 'x-upstream': 'secret' }).end(reply);
        },
        async (url) => {
          const { answer } = await open(url, sent);
          expect((await buffer(answer)).equals(reply)).toBe(true);
          expect(answer.headers).toMatchObject({ 'content-type': 'application/x-ndjson' });
          expect(answer.headers).not.toHaveProperty('x-upstream');
          expect(await Promise.all(seen)).toEqual(['POST', '/api/generate', sent]);
        },
      );
    });

    it('does not follow a redirect', async () => {
      let requests = 0;
      await withUpstream(
        (_incoming, response) => {
          requests += 1;
          response.writeHead(307, { location: '/elsewhere' }).end();
        },
        async (url) => {
          expect((await generate(body(), url)).status).toBe(502);
          expect(requests).toBe(1);
        },
      );
    });

    it('reads no faster than its client: memory stays flat however long the answer', async () => {
      const piece = Buffer.alloc(65_536, 'x');
      const pieces = 4_096;
      let written = 0;
      await withUpstream(
        (_incoming, response) => {
          const more = () => {
            while (written < pieces) {
              written += 1;
              if (!response.write(piece)) {
                response.once('drain', more);
                return;
              }
            }
            response.end();
          };
          more();
        },
        async (url) => {
          const { answer } = await open(url, body());
          await untilStill(() => written);
          // Less than a quarter of 256 MB: what the buffers of four sockets hold.
          expect(written).toBeLessThan(pieces / 4);
          let received = 0;
          answer.on('data', (chunk: Buffer) => (received += chunk.length));
          await once(answer, 'end');
          expect(received).toBe(pieces * piece.length);
        },
      );
    });
  });
});

/** Sends a request whose answer is not read yet. */
function start(
  url: string,
  body: string,
): {
  readonly sent: ClientRequest;
  /** The server's machine has all of it. */
  readonly written: Promise<unknown>;
  readonly answered: Promise<IncomingMessage>;
} {
  const sent = request(url + PATH, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
  });
  const answered = once(sent, 'response').then(([answer]) => answer as IncomingMessage);
  // One that is left on purpose has no answer.
  answered.catch(() => undefined);
  sent.on('error', () => undefined);
  const written = once(sent, 'finish');
  sent.end(body);
  return { sent, written, answered };
}

async function open(url: string, body: string): Promise<{ readonly answer: IncomingMessage }> {
  return { answer: await start(url, body).answered };
}

/** Two answers to the same question differ in these only. */
function withoutTimes(text: string): string {
  return text
    .replace(/"(created_at|\w{1,20}_duration)":("[^"]{0,40}"|\d+)/g, '"$1":0')
    .replace(/"prompt_eval_count":\d+,/g, '');
}

/** Resolves when a number has not changed for a while: there is no event for what does not happen. */
async function untilStill(read: () => number): Promise<void> {
  for (let before = -1; before !== read();) {
    before = read();
    await pause(500);
  }
}
