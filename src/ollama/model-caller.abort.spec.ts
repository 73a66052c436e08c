import { getEventListeners, once } from 'node:events';
import { createServer } from 'node:net';
import { Logger } from '@nestjs/common';
import { DomainError } from '../common/errors/domain-error';
import { type ModelCallRecord } from './model-caller';
import { modelCall, ollamaParts } from './testing/ollama-parts';
import { portOf } from './testing/port-of';
import { failureOf } from './testing/failure-of';
import { ScriptedOllama } from './testing/scripted-ollama';

const REASON = new DomainError('CANCELLED', 'The run was stopped.');

describe('aborting a call', () => {
  let server: ScriptedOllama;
  let abort: AbortController;
  let records: ModelCallRecord[];
  let outcome: Promise<unknown>;
  const rejections: unknown[] = [];
  const remember = (reason: unknown) => rejections.push(reason);

  beforeAll(() => {
    Logger.overrideLogger(false);
    process.on('unhandledRejection', remember);
  });
  beforeEach(async () => {
    server = await ScriptedOllama.start();
    abort = new AbortController();
    records = [];
  });
  afterEach(async () => {
    await server.close();
    expect(rejections).toEqual([]);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });
  afterAll(() => process.off('unhandledRejection', remember));

  /** Starts a call; the outcome is looked at later. */
  function start(environment: Record<string, string> = {}, url = server.url) {
    const { caller } = ollamaParts(url, environment);
    const call = caller.call(modelCall({ signal: abort.signal }), records);
    return { caller, outcome: failureOf(call) };
  }

  it('takes it out of the queue, and the call before it goes on', async () => {
    const { caller } = ollamaParts(server.url);
    const first = caller.call(modelCall(), []);
    const exchange = await server.next();
    const queued = caller.call(modelCall({ signal: abort.signal }), records);
    abort.abort(REASON);
    await expect(queued).rejects.toBe(REASON);
    exchange.piece('fine').done();

    expect(await first).toMatchObject({ text: 'fine' });
    expect(records).toEqual([]);
    expect(server.seen.filter((request) => request === 'POST /api/chat')).toHaveLength(1);
  });

  it('ends it while the model is looked up', async () => {
    server.holdDetails();
    const asked = server.nextDetails();
    ({ outcome } = start());
    await asked;
    abort.abort(REASON);

    expect(await outcome).toBe(REASON);
    server.releaseDetails();
    expect(records).toEqual([]);
    // Looking up gives up by itself after 5 s.
  }, 4_000);

  it('closes the connection while it waits for the headers', async () => {
    ({ outcome } = start());
    const exchange = await server.next();
    abort.abort(REASON);

    await exchange.closed;
    expect(await outcome).toBe(REASON);
    expect(records.map((record) => record.outcome)).toEqual(['CANCELLED']);
  });

  it('closes the connection in the middle of the answer, without a further token', async () => {
    const { caller } = ollamaParts(server.url);
    const heard = new Promise<void>((resolve) => {
      const call = caller.call(
        modelCall({
          signal: abort.signal,
          onPiece: () => {
            resolve();
            return 'go on';
          },
        }),
        records,
      );
      outcome = failureOf(call);
    });
    const exchange = await server.next();
    exchange.piece('It ');
    await heard;
    abort.abort(REASON);

    await exchange.closed;
    expect(await outcome).toBe(REASON);
  });

  it('closes the connection when it is aborted by what is heard', async () => {
    const { caller } = ollamaParts(server.url);
    const call = caller.call(
      modelCall({
        signal: abort.signal,
        onPiece: () => {
          abort.abort(REASON);
          return 'go on';
        },
      }),
      records,
    );
    outcome = failureOf(call);
    const exchange = await server.next();
    exchange.piece('It ');

    await exchange.closed;
    expect(await outcome).toBe(REASON);
  });

  it('ends the pause before a further try', async () => {
    const started = start({ OLLAMA_RETRY_BACKOFF_SECONDS: '600' });
    const exchange = await server.next();
    exchange.status(503, '{}');
    await exchange.closed;
    await recorded(1);
    abort.abort(REASON);

    expect(await started.outcome).toBe(REASON);
    expect(server.seen.filter((request) => request === 'POST /api/chat')).toHaveLength(1);
  });

  /** Resolves when so many requests have been recorded. */
  async function recorded(count: number): Promise<void> {
    while (records.length < count) {
      await new Promise(setImmediate);
    }
  }

  it('ends it while the connection is being made', async () => {
    // A server with a full backlog: connections to it neither succeed nor fail.
    const full = createServer();
    full.listen({ port: 0, host: '127.0.0.1', backlog: 1 });
    await once(full, 'listening');
    const { caller } = ollamaParts(`http://127.0.0.1:${portOf(full)}`);
    const call = caller.call(modelCall({ signal: abort.signal }), records);
    outcome = failureOf(call);
    setImmediate(() => abort.abort(REASON));

    expect(await outcome).toBe(REASON);
    full.close();
  });

  it('does not start what was aborted before', async () => {
    abort.abort(REASON);
    expect(await start().outcome).toBe(REASON);

    expect(server.seen).toEqual([]);
    expect(records).toEqual([]);
  });

  it('frees the slot: the next call goes ahead', async () => {
    const { caller, outcome: cancelled } = start();
    const exchange = await server.next();
    const next = caller.call(modelCall(), []);
    abort.abort(REASON);
    expect(await cancelled).toBe(REASON);
    await exchange.closed;
    (await server.next()).piece('fine').done();

    expect(await next).toMatchObject({ text: 'fine' });
  });

  it('does not touch other calls that are in flight', async () => {
    const { caller, outcome: cancelled } = start({ OLLAMA_NUM_PARALLEL: '2' });
    const bad = await server.next();
    const good = caller.call(modelCall(), []);
    const exchange = await server.next();
    bad.piece('It ');
    exchange.piece('fi');
    abort.abort(REASON);
    expect(await cancelled).toBe(REASON);
    await bad.closed;
    exchange.piece('ne').done();

    expect(await good).toMatchObject({ text: 'fine' });
  });

  it('leaves no listener and no connection after 1,000 calls with one signal', async () => {
    const { caller } = ollamaParts(server.url, { OLLAMA_NUM_PARALLEL: '4' });
    const one = async (index: number) => {
      const call = caller.call(
        modelCall({ signal: abort.signal, onPiece: () => (index % 3 === 0 ? 'stop' : 'go on') }),
        [],
      );
      return call.catch((error: unknown) => error);
    };
    const answering = (async () => {
      for (let index = 0; index < 1_000; index += 1) {
        const exchange = await server.next();
        if (index % 7 === 0) {
          exchange.status(500, '{}');
        } else {
          exchange.piece('x').done();
        }
      }
    })();
    for (let round = 0; round < 250; round += 1) {
      await Promise.all([0, 1, 2, 3].map((index) => one(round * 4 + index)));
    }
    await answering;

    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });
});
