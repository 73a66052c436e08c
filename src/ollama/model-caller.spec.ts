import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { type ModelAnswer, type ModelCallRecord } from './model-caller';
import { modelCall, ollamaParts } from './testing/ollama-parts';
import { failureOf } from './testing/failure-of';
import { type Exchange, ScriptedOllama } from './testing/scripted-ollama';

describe('ModelCaller', () => {
  let server: ScriptedOllama;
  let records: ModelCallRecord[];

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    server = await ScriptedOllama.start();
    records = [];
  });
  afterEach(() => server.close());

  const outcomes = () => records.map(({ outcome }) => outcome);
  const busy = (exchange: Exchange) => exchange.status(503, '{"error":"server busy"}');

  it('gives the answer and tells of each piece as it comes', async () => {
    const heard: { text: string; thinking: string }[] = [];
    const { caller } = ollamaParts(server.url);
    const call = caller.call(
      modelCall({
        onPiece: (piece) => {
          heard.push(piece);
          return 'go on';
        },
      }),
      records,
    );
    const exchange = await server.next();
    exchange.piece({ thinking: 'Hm.' }).piece('It ').piece('is.').done({ done_reason: 'length' });

    expect(await call).toEqual<ModelAnswer>({ text: 'It is.', doneReason: 'length', toolCalls: [] });
    expect(heard.map(({ text }) => text).join('')).toBe('It is.');
    expect(heard.map(({ thinking }) => thinking).join('')).toBe('Hm.');
  });

  it('offers tools, gives the calls of all chunks in order, and sends calls and results back', async () => {
    const { caller } = ollamaParts(server.url);
    const tool = {
      name: 'transfer_to_bob',
      description: 'Hand over to Bob.',
      parameters: { type: 'object', properties: {}, required: [] },
    };
    const first = { id: 'call_1', function: { name: 'transfer_to_bob', arguments: {} } };
    const second = { function: { name: 'other', arguments: { to: 'Cem' } } };
    const call = caller.call(modelCall({ tools: [tool] }), records);
    const exchange = await server.next();
    exchange.piece('Over to you.').piece({ tool_calls: [first] });
    exchange.done({ message: { role: 'assistant', content: '', tool_calls: [second] } });
    const { text, toolCalls } = await call;

    expect(exchange.body['tools']).toEqual([{ type: 'function', function: tool }]);
    expect(text).toBe('Over to you.');
    expect(toolCalls).toMatchObject([
      { id: 'call_1', name: 'transfer_to_bob', arguments: {} },
      { name: 'other', arguments: { to: 'Cem' } },
    ]);

    const followUp = caller.call(
      modelCall({
        messages: [
          { role: 'user', content: 'Hello' },
          { role: 'assistant', content: text, toolCalls },
          ...toolCalls.slice(0, 1).map((answers) => ({ role: 'tool' as const, content: 'Done.', answers })),
        ],
      }),
      records,
    );
    const next = await server.next();
    next.piece('Fine.').done();
    await followUp;

    expect(next.body['messages']).toMatchObject([
      { role: 'user', content: 'Hello' },
      {
        role: 'assistant',
        content: 'Over to you.',
        tool_calls: [
          { id: 'call_1', function: { index: 0, name: 'transfer_to_bob', arguments: {} } },
          { function: { index: 1, name: 'other', arguments: { to: 'Cem' } } },
        ],
      },
      { role: 'tool', content: 'Done.', tool_name: 'transfer_to_bob', tool_call_id: 'call_1' },
    ]);
  });

  it('tells beforehand what a call may count on', async () => {
    server.details = { capabilities: ['completion', 'tools'], model_info: { 'x.context_length': 2_048 } };
    const { caller } = ollamaParts(server.url);
    const { signal } = new AbortController();

    expect(await caller.contextOf('tiny', { num_predict: 50 }, signal)).toEqual({
      numCtx: 2_048,
      numPredict: 50,
      canUseTools: true,
    });
  });

  it('remembers what was sent and measured', async () => {
    server.models = [{ name: 'tiny:latest', digest: 'abc' }];
    const { caller } = ollamaParts(server.url);
    const call = caller.call(
      modelCall({
        purpose: 'selector',
        options: { seed: 7 },
        stop: () => ['END'],
        format: { type: 'object' },
      }),
      records,
    );
    const exchange = await server.next();
    exchange.piece('x').done({ prompt_eval_count: 4, eval_count: 1, load_duration: 2_000_000 });
    await call;

    const { messages, stream, model, ...sent } = exchange.body;
    expect(stream).toBe(true);
    expect(records).toEqual([
      {
        purpose: 'selector',
        model: 'tiny',
        modelDigest: 'abc',
        options: { ...(sent['options'] as object), format: { type: 'object' }, keep_alive: '10m' },
        requestHash: createHash('sha256')
          .update(JSON.stringify({ model, sent: records[0]?.options, messages }))
          .digest('hex'),
        outcome: 'ok',
        promptTokens: 4,
        completionTokens: 1,
        queueMs: expect.any(Number),
        loadMs: 2,
        promptMs: 0,
        generateMs: 0,
        totalMs: expect.any(Number),
        startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      },
    ]);
  });

  it('has the same hash for the same request, and another for another', async () => {
    const { caller } = ollamaParts(server.url);
    for (const [content, seed] of [
      ['a', 1],
      ['a', 1],
      ['b', 1],
      ['a', 2],
    ] as const) {
      const call = caller.call(
        modelCall({ messages: [{ role: 'user', content }], options: { seed } }),
        records,
      );
      (await server.next()).done();
      await call;
    }
    const [first, same, otherPrompt, otherSeed] = records.map(({ requestHash }) => requestHash);

    expect(same).toBe(first);
    expect(new Set([first, otherPrompt, otherSeed]).size).toBe(3);
  });

  it('counts waiting for a slot apart from the call', async () => {
    const { caller } = ollamaParts(server.url);
    const first = caller.call(modelCall(), records);
    const exchange = await server.next();
    const second = caller.call(modelCall(), records);
    await new Promise((resolve) => {
      setTimeout(resolve, 30);
    });
    exchange.done();
    (await server.next()).done();
    await Promise.all([first, second]);

    expect(records[1]?.queueMs).toBeGreaterThan(25);
    expect(records[1]?.totalMs).toBeLessThan(records[1]?.queueMs ?? 0);
  });

  it('keeps to OLLAMA_NUM_PARALLEL', async () => {
    const { caller } = ollamaParts(server.url, { OLLAMA_NUM_PARALLEL: '2' });
    const calls = Array.from({ length: 5 }, () => caller.call(modelCall(), records));
    let most = 0;
    for (let done = 0; done < 5; done += 1) {
      const exchange = await server.next();
      most = Math.max(most, server.openConnections);
      exchange.done();
      await exchange.closed;
    }
    await Promise.all(calls);

    expect(most).toBeLessThanOrEqual(2);
    expect(outcomes()).toEqual(Array.from({ length: 5 }, () => 'ok'));
  });

  it('tries again while Ollama does not take the call up, and remembers each try', async () => {
    const { caller } = ollamaParts(server.url);
    const call = caller.call(modelCall(), records);
    busy(await server.next());
    (await server.next()).reset();
    (await server.next()).piece('fine').done();

    expect(await call).toMatchObject({ text: 'fine' });
    expect(outcomes()).toEqual(['OLLAMA_BUSY', 'OLLAMA_UNREACHABLE', 'ok']);
  });

  it('gives up after OLLAMA_REQUEST_TRIES', async () => {
    const { caller } = ollamaParts(server.url, { OLLAMA_REQUEST_TRIES: '2' });
    const call = caller.call(modelCall(), records);
    const outcome = failureOf(call);
    busy(await server.next());
    busy(await server.next());

    expect(await outcome).toMatchObject({ code: 'OLLAMA_BUSY' });
    expect(outcomes()).toEqual(['OLLAMA_BUSY', 'OLLAMA_BUSY']);
  });

  it('tries again when nothing listens', async () => {
    const { url } = server;
    await server.close();
    const { caller } = ollamaParts(url);

    await expect(caller.call(modelCall(), records)).rejects.toMatchObject({ code: 'OLLAMA_UNREACHABLE' });
    expect(outcomes()).toEqual(['OLLAMA_UNREACHABLE', 'OLLAMA_UNREACHABLE', 'OLLAMA_UNREACHABLE']);
    server = await ScriptedOllama.start();
  });

  it.each<[string, (exchange: Exchange) => void, string]>([
    ['500', (it) => it.status(500, '{"error":"out of memory"}'), 'OLLAMA_ERROR'],
    ['400', (it) => it.status(400, '{"error":"invalid"}'), 'OLLAMA_REJECTED'],
    ['404', (it) => it.status(404, '{"error":"model \'tiny\' not found"}'), 'MODEL_NOT_FOUND'],
    ['a reset after a token', (it) => it.piece('x').response.write('', () => it.reset()), 'STREAM_CUT'],
    ['a garbage line', (it) => it.piece('x').raw('garbage\n'), 'BAD_STREAM'],
  ])('does not send a request again after %s', async (_case, answer, code) => {
    const { caller } = ollamaParts(server.url);
    const call = caller.call(modelCall(), records);
    const outcome = failureOf(call);
    answer(await server.next());

    expect(await outcome).toMatchObject({ code });
    expect(outcomes()).toEqual([code]);
  });

  it.each<[string, Partial<Parameters<Exchange['piece']>[0]>]>([
    ['text', { content: 'Bob: ' }],
    ['thinking', { thinking: 'Hm.' }],
  ])('closes the connection at once when it is told to stop by %s', async (_case, piece) => {
    const { caller } = ollamaParts(server.url);
    const call = caller.call(modelCall({ onPiece: () => 'stop' }), records);
    const exchange = await server.next();
    exchange.piece(piece as Record<string, unknown>);

    // No further token comes: only the closing itself can end this.
    await exchange.closed;
    expect(await call).toMatchObject({ doneReason: 'cut' });
    expect(outcomes()).toEqual(['ok']);
  });

  it('ends well with what there is, whatever the stream says after the stop', async () => {
    const { caller } = ollamaParts(server.url);
    const call = caller.call(modelCall({ onPiece: () => 'stop' }), records);
    (await server.next()).piece('It is').raw('garbage\n');

    expect(await call).toEqual({ text: 'It is', doneReason: 'cut', toolCalls: [] });
  });

  it('ends as the model ended it when it is told to stop by the last piece', async () => {
    const { caller } = ollamaParts(server.url);
    const call = caller.call(modelCall({ onPiece: () => 'stop' }), records);
    const exchange = await server.next();
    exchange.line({ message: { content: 'x' }, done: true, done_reason: 'stop', eval_count: 3 });

    expect(await call).toEqual({ text: 'x', doneReason: 'stop', toolCalls: [] });
    expect(records).toMatchObject([{ completionTokens: 3 }]);
  });

  it('closes the connection at once when the listener fails, and throws its failure', async () => {
    const { caller } = ollamaParts(server.url);
    const failure = new Error('listener failed');
    const call = caller.call(
      modelCall({
        onPiece: () => {
          throw failure;
        },
      }),
      records,
    );
    const outcome = failureOf(call);
    const exchange = await server.next();
    exchange.piece('x');

    await exchange.closed;
    expect(await outcome).toBe(failure);
    expect(outcomes()).toEqual(['INTERNAL_ERROR']);
  });
});
