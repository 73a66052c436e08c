import { getEventListeners } from 'node:events';
import { type ChatPiece } from './chat-line';
import { type ChatStreamOptions, streamChat } from './chat-stream';
import { type OllamaHttp } from './ollama-http';
import { ollamaParts } from './testing/ollama-parts';
import { ScriptedOllama } from './testing/scripted-ollama';

const OPTIONS: ChatStreamOptions = {
  limits: { connectMs: 5_000, firstTokenMs: 5_000, idleMs: 5_000, totalMs: 5_000 },
  maxCharacters: 1_000,
  gatherMs: 0,
};
/** Longer than any spec runs. */
const NEVER_MS = 600_000;

describe('streamChat', () => {
  let server: ScriptedOllama;
  let http: OllamaHttp;
  const rejections: unknown[] = [];
  const remember = (reason: unknown) => rejections.push(reason);

  beforeAll(() => process.on('unhandledRejection', remember));
  beforeEach(async () => {
    server = await ScriptedOllama.start();
    http = ollamaParts(server.url).http;
  });
  afterEach(async () => {
    await server.close();
    expect(rejections).toEqual([]);
  });
  afterAll(() => process.off('unhandledRejection', remember));

  const stream = (more: Partial<ChatStreamOptions> = {}) =>
    streamChat(http, { model: 'tiny' }, { ...OPTIONS, ...more });
  const textOf = async (pieces: AsyncIterable<ChatPiece>): Promise<string> => {
    let text = '';
    for await (const piece of pieces) {
      text += piece.text;
    }
    return text;
  };

  it('gives text and thinking apart, and the metrics with the last piece', async () => {
    const pieces = stream();
    const first = pieces.next();
    const exchange = await server.next();
    exchange.piece({ thinking: 'Let me' });
    expect((await first).value).toMatchObject({ text: '', thinking: 'Let me', metrics: null });
    exchange.piece('It is');
    expect((await pieces.next()).value).toMatchObject({ text: 'It is', thinking: '', metrics: null });
    exchange.done({ eval_count: 7 });
    expect((await pieces.next()).value).toMatchObject({ metrics: { completionTokens: 7 } });
    expect(await pieces.next()).toEqual({ done: true, value: undefined });
  });

  it('reads lines and characters that are cut anywhere, joined, and without a last line end', async () => {
    const text = textOf(stream());
    const exchange = await server.next();
    const line = Buffer.from(`${JSON.stringify({ message: { content: 'grün 🦙 ' }, done: false })}\n`);
    for (const byte of line) {
      exchange.raw(Buffer.of(byte));
    }
    exchange.raw(Buffer.concat([line, line]));
    exchange.raw(JSON.stringify({ message: { content: 'end' }, done: true }));
    exchange.response.end();

    await expect(text).resolves.toBe('grün 🦙 grün 🦙 grün 🦙 end');
  });

  it('passes the first piece on at once, and what comes within the interval in one', async () => {
    const pieces = stream({ gatherMs: NEVER_MS });
    const first = pieces.next();
    const exchange = await server.next();
    exchange.piece('a');
    expect((await first).value).toMatchObject({ text: 'a' });
    const rest = pieces.next();
    exchange.piece('b').piece('c').piece({ thinking: 'd' }).done();

    // The interval is far from over: the closing line is not delayed, and brings along what was waiting.
    expect((await rest).value).toMatchObject({ text: 'bc', thinking: 'd', metrics: expect.anything() });
    expect(await pieces.next()).toEqual({ done: true, value: undefined });
  });

  it('passes on what was gathered when the interval is over, without a further token', async () => {
    const pieces = stream({ gatherMs: 20 });
    const first = pieces.next();
    const exchange = await server.next();
    exchange.piece('a');
    await first;
    exchange.piece('b');

    expect((await pieces.next()).value).toMatchObject({ text: 'b', metrics: null });
    exchange.done();
    await pieces.next();
    await pieces.next();
  });

  it('delivers the text before a failure, then throws it', async () => {
    const pieces = stream({ gatherMs: NEVER_MS });
    const first = pieces.next();
    const exchange = await server.next();
    exchange.piece('a');
    await first;
    const second = pieces.next();
    exchange.piece('b').raw('garbage\n');

    expect((await second).value).toMatchObject({ text: 'b' });
    await expect(pieces.next()).rejects.toMatchObject({ code: 'BAD_STREAM' });
    await exchange.closed;
  });

  it('waits for a slow consumer without taking it for a stall', async () => {
    const pieces = stream({ limits: { ...OPTIONS.limits, idleMs: 20 } });
    const first = pieces.next();
    const exchange = await server.next();
    exchange.piece('a');
    await first;
    exchange.piece('b').done();
    await exchange.closed;
    await new Promise((resolve) => {
      setTimeout(resolve, 40);
    });

    await expect(textOf(pieces)).resolves.toBe('b');
  });

  it('closes the connection at once when the loop is left', async () => {
    for await (const piece of streamAndAnswer('a')) {
      expect(piece.text).toBe('a');
      break;
    }
    await (
      await exchangeOfLast
    ).closed;
  });

  let exchangeOfLast: ReturnType<ScriptedOllama['next']>;
  function streamAndAnswer(text: string): AsyncIterable<ChatPiece> {
    exchangeOfLast = server.next().then((exchange) => exchange.piece(text));
    return stream();
  }

  it('closes the connection after a good end, also when the server would keep it open', async () => {
    const text = textOf(stream());
    const exchange = await server.next();
    exchange.line({ message: { content: 'x' }, done: true });

    await expect(text).resolves.toBe('x');
    await exchange.closed;
    expect(server.openConnections).toBe(0);
  });

  it('ignores what comes after the closing line', async () => {
    const text = textOf(stream());
    const exchange = await server.next();
    exchange.line({ message: { content: 'x' }, done: true }).raw('garbage\n');

    await expect(text).resolves.toBe('x');
  });

  it('does not ask at all when it was aborted before', async () => {
    const reason = new Error('cancelled');

    await expect(textOf(stream({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    expect(server.seen).toEqual([]);
  });

  it('delivers what is left, then the reason, when it is aborted while the consumer is busy', async () => {
    const abort = new AbortController();
    const reason = new Error('cancelled');
    const pieces = stream({ signal: abort.signal });
    const first = pieces.next();
    const exchange = await server.next();
    exchange.piece('a');
    await first;
    abort.abort(reason);
    await exchange.closed;

    await expect(textOf(pieces)).rejects.toBe(reason);
  });

  it('leaves no listener on the signal, however it ends', async () => {
    const { signal } = new AbortController();
    for (let call = 0; call < 20; call += 1) {
      const text = textOf(stream({ signal }));
      const exchange = await server.next();
      if (call % 2 === 0) {
        exchange.done();
      } else {
        exchange.reset();
      }
      await text.catch(() => undefined);
    }

    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
