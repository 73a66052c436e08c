import { once } from 'node:events';
import { createServer } from 'node:net';
import { type ModelCallCode } from '../common/errors/error-codes';
import { type ChatStreamOptions, streamChat } from './chat-stream';
import { ollamaParts } from './testing/ollama-parts';
import { portOf } from './testing/port-of';
import { type Exchange, ScriptedOllama } from './testing/scripted-ollama';

/** Far longer than it takes; a fault whose clock has to ring brings a limit of its own. */
const LIMITS = { connectMs: 5_000, firstTokenMs: 5_000, idleMs: 5_000, totalMs: 5_000 };
const MAX_CHARACTERS = 1_000_000;

interface Fault {
  readonly name: string;
  readonly answer: (exchange: Exchange) => void;
  readonly code: ModelCallCode;
  readonly partial: string;
  readonly limits?: Partial<ChatStreamOptions['limits']>;
}

const json = (error: string) => JSON.stringify({ error });
const begin = (exchange: Exchange) => exchange.piece('It ').piece('is');

/** The faults of the test programme (quality R6), each as the server shows it. */
const FAULTS: readonly Fault[] = [
  { name: 'reset before the answer', answer: (it) => it.reset(), code: 'OLLAMA_UNREACHABLE', partial: '' },
  { name: 'closed before the answer', answer: (it) => it.cut(), code: 'OLLAMA_UNREACHABLE', partial: '' },
  {
    name: '404',
    answer: (it) => it.status(404, json("model 'tiny' not found")),
    code: 'MODEL_NOT_FOUND',
    partial: '',
  },
  { name: '500', answer: (it) => it.status(500, json('out of memory')), code: 'OLLAMA_ERROR', partial: '' },
  { name: '503', answer: (it) => it.status(503, json('server busy')), code: 'OLLAMA_BUSY', partial: '' },
  {
    name: 'html 502',
    answer: (it) => it.status(502, '<html>Bad Gateway</html>', 'text/html'),
    code: 'OLLAMA_ERROR',
    partial: '',
  },
  {
    name: 'stall before the first',
    answer: () => undefined,
    code: 'FIRST_TOKEN_TIMEOUT',
    partial: '',
    limits: { firstTokenMs: 50 },
  },
  {
    name: 'stall within an error answer',
    answer: (it) => {
      it.response.writeHead(500);
      it.response.write('{"error":');
    },
    code: 'FIRST_TOKEN_TIMEOUT',
    partial: '',
    limits: { firstTokenMs: 50 },
  },
  {
    name: 'stall in the middle',
    answer: (it) => begin(it),
    code: 'STALLED',
    partial: 'It is',
    limits: { idleMs: 50 },
  },
  {
    name: 'cut',
    answer: (it) => begin(it).response.write('', () => it.cut()),
    code: 'STREAM_CUT',
    partial: 'It is',
  },
  {
    name: 'reset in the middle',
    answer: (it) => begin(it).response.write('{', () => it.reset()),
    code: 'STREAM_CUT',
    partial: 'It is',
  },
  { name: 'no closing line', answer: (it) => begin(it).response.end(), code: 'STREAM_CUT', partial: 'It is' },
  {
    name: 'done: false at the end',
    answer: (it) =>
      begin(it)
        .line({ message: { content: '' }, done: false })
        .response.end(),
    code: 'STREAM_CUT',
    partial: 'It is',
  },
  { name: 'nothing but headers', answer: (it) => it.raw('').response.end(), code: 'STREAM_CUT', partial: '' },
  {
    name: 'half a line',
    answer: (it) => begin(it).raw('{"message":{"content":"ha').response.end(),
    code: 'BAD_STREAM',
    partial: 'It is',
  },
  {
    name: 'a garbage line, then a good end',
    answer: (it) => begin(it).raw('\u0000garbage\n').piece(' fine').done(),
    code: 'BAD_STREAM',
    partial: 'It is',
  },
  {
    name: 'a wrong shape, then a good end',
    answer: (it) => begin(it).line({ status: 'success' }).piece(' fine').done(),
    code: 'BAD_STREAM',
    partial: 'It is',
  },
  {
    name: 'an error line',
    answer: (it) => begin(it).line({ error: 'unexpected EOF' }).response.end(),
    code: 'OLLAMA_ERROR',
    partial: 'It is',
  },
  {
    name: 'an error line first',
    answer: (it) => it.line({ error: 'unexpected EOF' }).response.end(),
    code: 'OLLAMA_ERROR',
    partial: '',
  },
  {
    name: 'a line of 20 MB',
    answer: (it) =>
      begin(it)
        .piece('x'.repeat(20 * 1024 * 1024))
        .done(),
    code: 'RESPONSE_TOO_LARGE',
    partial: 'It is',
  },
  {
    name: 'a line of 20 MB that never ends',
    answer: (it) => begin(it).raw('x'.repeat(20 * 1024 * 1024)),
    code: 'RESPONSE_TOO_LARGE',
    partial: 'It is',
  },
  {
    name: 'too many lines',
    answer: (it) => {
      begin(it);
      for (let line = 0; line < 20; line += 1) {
        it.piece('x'.repeat(MAX_CHARACTERS / 10));
      }
    },
    code: 'RESPONSE_TOO_LARGE',
    partial: 'It is',
  },
  {
    name: 'tokens for ever',
    answer: (it) => {
      const timer = setInterval(() => it.piece('.'), 5);
      void it.closed.then(() => clearInterval(timer));
    },
    code: 'TURN_TIMEOUT',
    partial: '.',
    limits: { totalMs: 60 },
  },
  {
    name: 'a slow drip of bytes without a line',
    answer: (it) => {
      begin(it);
      const timer = setInterval(() => it.raw(' '), 5);
      void it.closed.then(() => clearInterval(timer));
    },
    code: 'STALLED',
    partial: 'It is',
    limits: { idleMs: 50 },
  },
];

describe('faults of a chat stream', () => {
  let server: ScriptedOllama;
  const rejections: unknown[] = [];
  const remember = (reason: unknown) => rejections.push(reason);

  beforeAll(async () => {
    process.on('unhandledRejection', remember);
    server = await ScriptedOllama.start();
  });
  afterAll(async () => {
    process.off('unhandledRejection', remember);
    await server.close();
  });

  async function read(url: string, limits: Partial<ChatStreamOptions['limits']> = {}) {
    const { http } = ollamaParts(url);
    const options = { limits: { ...LIMITS, ...limits }, maxCharacters: MAX_CHARACTERS, gatherMs: 1 };
    let partial = '';
    try {
      for await (const piece of streamChat(http, { model: 'tiny' }, options)) {
        partial += piece.text;
      }
    } catch (error) {
      return { partial, code: (error as { code?: unknown }).code };
    }
    return { partial, code: 'completed' };
  }

  it.each(FAULTS)('$name: $code', async ({ answer, code, partial, limits }) => {
    const result = read(server.url, limits);
    const exchange = await server.next();
    answer(exchange);

    expect(await result).toEqual({ code, partial: expect.stringMatching(new RegExp(`^${partial || '$'}`)) });
    await exchange.closed;
    expect(rejections).toEqual([]);
  });

  it('refused: OLLAMA_UNREACHABLE', async () => {
    const closed = await ScriptedOllama.start();
    const { url } = closed;
    await closed.close();

    expect(await read(url)).toEqual({ code: 'OLLAMA_UNREACHABLE', partial: '' });
  });

  it.each([
    ['is not HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n', 'OLLAMA_UNREACHABLE'],
    [
      'breaks HTTP right after its headers',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n',
      'STREAM_CUT',
    ],
    ['ends right after its headers', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n', 'STREAM_CUT'],
  ])('a server that %s', async (_case, bytes, code) => {
    const raw = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(bytes));
    });
    raw.listen(0, '127.0.0.1');
    await once(raw, 'listening');
    const limits = { firstTokenMs: 5_000 };

    expect(await read(`http://127.0.0.1:${portOf(raw)}`, limits)).toEqual({
      code,
      partial: '',
    });
    raw.close();
    await once(raw, 'close');
  });

  it('does not touch other calls', async () => {
    const good = read(server.url);
    const first = await server.next();
    first.piece('It ');
    const bad = read(server.url);
    (await server.next()).reset();
    expect(await bad).toEqual({ code: 'OLLAMA_UNREACHABLE', partial: '' });
    first.piece('works').done();

    expect(await good).toEqual({ code: 'completed', partial: 'It works' });
  });
});
