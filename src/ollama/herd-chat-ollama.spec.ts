import {
  type AIMessageChunk,
  HumanMessage,
  SystemMessage,
  AIMessage,
  FunctionMessage,
} from '@langchain/core/messages';
import { type SamplingOptions } from './sampling-options';
import { type HerdChatOllama, metricsOf, thinkingOf } from './herd-chat-ollama';
import { ollamaParts } from './testing/ollama-parts';
import { failureOf } from './testing/failure-of';
import { ScriptedOllama } from './testing/scripted-ollama';

const FACTS = { digest: null, contextLength: null, canThink: true, canUseTools: true, stops: [] };
const PROMPT = [new SystemMessage('Be kind.'), new AIMessage('Hi.'), new HumanMessage('Hello')];

describe('HerdChatOllama', () => {
  let server: ScriptedOllama;

  beforeEach(async () => {
    server = await ScriptedOllama.start();
  });
  afterEach(() => server.close());

  const chat = (options: SamplingOptions = {}): HerdChatOllama => {
    const { factory, http } = ollamaParts(server.url);
    return factory.create(http, 'tiny', options, FACTS);
  };

  /** Scripts one whole answer. */
  async function answer(): Promise<void> {
    const exchange = await server.next();
    exchange.piece({ thinking: 'Let me think.' }).piece('It ').piece('is.');
    exchange.done({ prompt_eval_count: 4, eval_count: 3 });
  }

  it('streams text, thinking and metrics', async () => {
    const answered = answer();
    let text = '';
    let thinking = '';
    let last: AIMessageChunk | undefined;
    for await (const chunk of await chat().stream(PROMPT)) {
      text += chunk.text;
      thinking += thinkingOf(chunk);
      last = chunk;
    }
    await answered;

    expect({ text, thinking }).toEqual({ text: 'It is.', thinking: 'Let me think.' });
    expect(last && metricsOf(last)).toMatchObject({ promptTokens: 4, completionTokens: 3 });
    expect(last?.usage_metadata).toEqual({ input_tokens: 4, output_tokens: 3, total_tokens: 7 });
  });

  it('invokes through the same stream and puts the answer together', async () => {
    const answered = answer();
    const message = await chat().invoke(PROMPT);
    await answered;

    expect(message.text).toBe('It is.');
    expect(message.additional_kwargs['reasoning_content']).toBe('Let me think.');
    expect(message.usage_metadata).toMatchObject({ total_tokens: 7 });
    expect(server.seen).toEqual(['POST /api/chat']);
  });

  it.each(['v1', 'v2'] as const)('tells stream events (%s) through the same stream', async (version) => {
    const answered = answer();
    let text = '';
    for await (const event of chat().streamEvents(PROMPT, { version })) {
      if (event.event === 'on_chat_model_stream' || event.event === 'on_llm_stream') {
        text += (event.data as { chunk: AIMessageChunk }).chunk.text;
      }
    }
    await answered;

    expect(text).toBe('It is.');
    expect(server.seen).toEqual(['POST /api/chat']);
  });

  it('tells the newer content events through the same stream, and fails with its codes', async () => {
    const events = chat().streamV2(PROMPT);
    const text = (async () => await events.text)();
    const outcome = failureOf(text);
    const exchange = await server.next();
    exchange.piece('It ').raw('garbage\n').done();

    expect(await outcome).toMatchObject({ code: 'BAD_STREAM' });
    await exchange.closed;
  });

  it('tells a callback of each new piece of text', async () => {
    const answered = answer();
    const tokens: string[] = [];
    await chat().invoke(PROMPT, { callbacks: [{ handleLLMNewToken: (token) => void tokens.push(token) }] });
    await answered;

    expect(tokens.join('')).toBe('It is.');
  });

  it.each(['invoke', 'stream'] as const)('%s throws the code of a fault', async (how) => {
    const call = chat()[how](PROMPT);
    const outcome = failureOf(call);
    (await server.next()).status(404, '{"error":"model \'tiny\' not found"}');

    expect(await outcome).toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('throws when it is aborted before, and asks nobody', async () => {
    const reason = new Error('cancelled');

    await expect(chat().invoke(PROMPT, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.seen).toEqual([]);
  });

  it('throws, rather than give the half of an answer, when it is aborted in the middle', async () => {
    const abort = new AbortController();
    const reason = new Error('cancelled');
    const answered = new Promise<void>((resolve) => {
      void chat()
        .invoke(PROMPT, {
          signal: abort.signal,
          callbacks: [{ handleLLMNewToken: () => abort.abort(reason) }],
        })
        .then(
          () => Promise.reject(new Error('gave half of an answer')),
          (error: unknown) => {
            expect(error).toBe(reason);
            resolve();
          },
        );
    });
    const exchange = await server.next();
    exchange.piece('It ');

    await answered;
    await exchange.closed;
  });

  it('aborts one call of an instance and leaves the other alone', async () => {
    const shared = chat();
    const abort = new AbortController();
    const good = shared.invoke(PROMPT);
    const goodExchange = await server.next();
    const bad = shared.invoke(PROMPT, { signal: abort.signal });
    const outcome = failureOf(bad);
    const badExchange = await server.next();
    abort.abort(new Error('cancelled'));
    expect(await outcome).toHaveProperty('message', 'cancelled');
    await badExchange.closed;
    goodExchange.piece('fine').done();

    expect((await good).text).toBe('fine');
  });

  it('puts several tool calls together, whenever they come', async () => {
    const call = (name: string, args: object, id?: string) => ({ id, function: { name, arguments: args } });
    const streamed = chat().stream(PROMPT);
    const exchange = await server.next();
    exchange.piece({ tool_calls: [call('get_time', { tz: 'UTC' }, 'call_1'), call('get_date', {})] });
    let whole: AIMessageChunk | undefined;
    for await (const chunk of await streamed) {
      if (!whole) {
        const last = { content: '', tool_calls: [call('stop', { why: 'done' })] };
        exchange.line({ message: last, done: true });
      }
      whole = whole ? whole.concat(chunk) : chunk;
    }

    expect(whole?.tool_calls).toMatchObject([
      { id: 'call_1', name: 'get_time', args: { tz: 'UTC' } },
      { id: expect.any(String), name: 'get_date', args: {} },
      { name: 'stop', args: { why: 'done' } },
    ]);
  });

  it('sends roles as Ollama names them, and never thinking', async () => {
    const thought = new AIMessage({ content: 'Hi.', additional_kwargs: { reasoning_content: 'secret' } });
    const invoked = chat().invoke([PROMPT[0] as SystemMessage, thought, PROMPT[2] as HumanMessage]);
    const exchange = await server.next();
    exchange.done();
    await invoked;

    expect(exchange.body['messages']).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'assistant', content: 'Hi.' },
      { role: 'user', content: 'Hello' },
    ]);
  });

  it('refuses a kind of message that it cannot send, rather than sending it as something else', async () => {
    const message = new FunctionMessage({ content: '12:00', name: 'clock' });

    await expect(chat().invoke([message])).rejects.toThrow('function');
    expect(server.seen).toEqual([]);
  });
});
