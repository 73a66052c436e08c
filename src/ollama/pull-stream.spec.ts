import { OllamaHttp } from './ollama-http';
import { type PullLine } from './pull-line';
import { streamPull } from './pull-stream';
import { failureOf } from './testing/failure-of';
import { ScriptedOllama } from './testing/scripted-ollama';

describe('streamPull', () => {
  let ollama: ScriptedOllama;
  let lines: PullLine[];
  let onLine: () => void;
  let cancel: AbortController;

  beforeEach(async () => {
    ollama = await ScriptedOllama.start();
    lines = [];
    onLine = () => undefined;
    cancel = new AbortController();
  });
  afterEach(() => ollama.close());

  const pull = (url = ollama.url) =>
    streamPull(new OllamaHttp(url, 'ollama'), 'tiny', {
      signal: cancel.signal,
      onLine: (line) => {
        lines.push(line);
        onLine();
      },
      connectMs: 5_000,
    });

  it('asks for a stream over a safe connection and ends with the line of success', async () => {
    const done = pull();
    const exchange = await ollama.next();
    expect(exchange.request).toMatchObject({ method: 'POST', url: '/api/pull' });
    expect(exchange.body).toEqual({ model: 'tiny', stream: true });
    exchange.line({ status: 'pulling manifest' }).raw('{"status":"suc');
    exchange.raw('cess"}\n');
    await done;
    expect(lines.map(({ status }) => status)).toEqual(['pulling manifest', 'success']);
    await exchange.closed;
  });

  it('takes a last line without its end', async () => {
    const done = pull();
    const exchange = await ollama.next();
    exchange.raw('{"status":"success"}').response.end();
    await done;
    expect(lines).toHaveLength(1);
  });

  it('is cut when the stream ends without success', async () => {
    const failure = failureOf(pull());
    const exchange = await ollama.next();
    exchange.line({ status: 'writing manifest' }).response.end();
    expect(await failure).toMatchObject({ code: 'PULL_CUT' });
  });

  it('is cut when the connection breaks', async () => {
    const failure = failureOf(pull());
    const exchange = await ollama.next();
    const heard = new Promise<void>((resolve) => (onLine = resolve));
    exchange.line({ status: 'pulling manifest' });
    await heard;
    exchange.reset();
    expect(await failure).toMatchObject({ code: 'PULL_CUT' });
  });

  it("fails with Ollama's own text and closes the connection", async () => {
    const failure = failureOf(pull());
    const exchange = await ollama.next();
    exchange.line({ error: 'max retries exceeded: EOF' });
    expect(await failure).toMatchObject({ code: 'PULL_FAILED', message: 'max retries exceeded: EOF' });
    await exchange.closed;
  });

  it.each(['<html>\n', '{"status":"a"}\nx\n', `{"status":"${'x'.repeat(1024 * 1024)}"}\n`])(
    'refuses what is no line of a pull',
    async (bytes) => {
      const failure = failureOf(pull());
      const exchange = await ollama.next();
      exchange.raw(bytes);
      expect(await failure).toMatchObject({ code: 'BAD_STREAM' });
      await exchange.closed;
    },
  );

  it.each([
    [500, 'OLLAMA_ERROR'],
    [400, 'OLLAMA_REJECTED'],
    [503, 'OLLAMA_BUSY'],
  ])('fails when the answer has the status %i', async (status, code) => {
    const failure = failureOf(pull());
    (await ollama.next()).status(status, '{"error":"no"}');
    expect(await failure).toMatchObject({ code });
  });

  it('fails when nobody answers', async () => {
    expect(await failureOf(pull('http://127.0.0.1:9'))).toMatchObject({ code: 'OLLAMA_UNREACHABLE' });
  });

  it.each(['before the first line', 'in the middle'])(
    'closes the connection at once when it is cancelled %s',
    async (when) => {
      const failure = failureOf(pull());
      const exchange = await ollama.next();
      if (when === 'in the middle') {
        const heard = new Promise<void>((resolve) => (onLine = resolve));
        exchange.line({ status: 'pulling manifest' });
        await heard;
      }
      const reason = new Error('cancelled');
      cancel.abort(reason);
      expect(await failure).toBe(reason);
      await exchange.closed;
    },
  );

  it('ends with what a listener throws', async () => {
    const fault = new Error('a fault of our own');
    const done = streamPull(new OllamaHttp(ollama.url, 'ollama'), 'tiny', {
      signal: cancel.signal,
      onLine: () => {
        throw fault;
      },
      connectMs: 5_000,
    });
    const failure = failureOf(done);
    const exchange = await ollama.next();
    exchange.line({ status: 'pulling manifest' });
    expect(await failure).toBe(fault);
    await exchange.closed;
  });
});
