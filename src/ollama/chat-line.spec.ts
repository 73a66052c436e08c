import { type ChatPiece, joinPieces, parseChatLine } from './chat-line';
import { ModelCallError } from './model-call-error';

const line = (value: unknown) => JSON.stringify(value);
const codeOf = (text: string): string => {
  try {
    parseChatLine(text);
  } catch (error) {
    return error instanceof ModelCallError ? error.code : String(error);
  }
  return 'accepted';
};

describe('parseChatLine', () => {
  it('reads a token', () => {
    expect(parseChatLine(line({ message: { role: 'assistant', content: 'It is' }, done: false }))).toEqual({
      text: 'It is',
      thinking: '',
      toolCalls: [],
      metrics: null,
    });
  });

  it('reads thinking apart from the answer', () => {
    const piece = parseChatLine(line({ message: { content: '', thinking: 'Let me' }, done: false }));

    expect(piece).toMatchObject({ text: '', thinking: 'Let me' });
  });

  it('reads the closing line in milliseconds', () => {
    const closing = {
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: 'length',
      total_duration: 5_120_334_000,
      load_duration: 3_800_120_000,
      prompt_eval_count: 41,
      prompt_eval_duration: 210_000_000,
      eval_count: 57,
      eval_duration: 980_000_000,
    };

    expect(parseChatLine(line(closing)).metrics).toEqual({
      doneReason: 'length',
      promptTokens: 41,
      completionTokens: 57,
      loadMs: 3_800.12,
      promptMs: 210,
      generateMs: 980,
    });
  });

  it('takes what a closing line leaves out as zero', () => {
    expect(parseChatLine(line({ message: { content: '' }, done: true })).metrics).toEqual({
      doneReason: 'stop',
      promptTokens: 0,
      completionTokens: 0,
      loadMs: 0,
      promptMs: 0,
      generateMs: 0,
    });
  });

  it('reads tool calls, in the closing line too', () => {
    const call = { id: 'call_1', function: { index: 0, name: 'get_time', arguments: { tz: 'UTC' } } };
    const message = { content: '', tool_calls: [call, { function: { name: 'stop', arguments: {} } }] };

    for (const done of [false, true]) {
      expect(parseChatLine(line({ message, done })).toolCalls).toEqual([
        { id: 'call_1', name: 'get_time', arguments: { tz: 'UTC' } },
        { id: null, name: 'stop', arguments: {} },
      ]);
    }
  });

  it('takes null as left out', () => {
    const message = { content: null, thinking: null, tool_calls: null };

    expect(parseChatLine(line({ error: null, message, done: null }))).toEqual({
      text: '',
      thinking: '',
      toolCalls: [],
      metrics: null,
    });
  });

  it.each([
    ['no JSON', 'garbage'],
    ['half a line', '{"message":{"content":"Hel'],
    ['a number', '42'],
    ['a text', '"text"'],
    ['null', 'null'],
    ['a list', '[]'],
    ['an object of something else', line({ status: 'success' })],
    ['no message', line({ done: true })],
    ['a message that is a text', line({ message: 'Hello' })],
    ['a message that is null', line({ message: null })],
    ['a message that is a list', line({ message: [] })],
    ['content that is a number', line({ message: { content: 42 } })],
    ['content that is a list', line({ message: { content: [] } })],
    ['thinking that is a number', line({ message: { content: '', thinking: 1 } })],
    ['a closing mark that is a text', line({ message: { content: '' }, done: 'false' })],
    ['tool calls that are an object', line({ message: { content: '', tool_calls: {} } })],
    ['a tool call that is null', line({ message: { content: '', tool_calls: [null] } })],
    ['a tool call without function', line({ message: { content: '', tool_calls: [{}] } })],
    ['a tool call without name', line({ message: { tool_calls: [{ function: { arguments: {} } }] } })],
    ['arguments as text', line({ message: { tool_calls: [{ function: { name: 'f', arguments: '{}' } }] } })],
    ['arguments as list', line({ message: { tool_calls: [{ function: { name: 'f', arguments: [] } }] } })],
  ])('refuses %s as BAD_STREAM', (_case, text) => {
    expect(codeOf(text)).toBe('BAD_STREAM');
  });

  it.each([
    ['a text', { error: 'an error was encountered while running the model: unexpected EOF' }, 'OLLAMA_ERROR'],
    ['an object', { error: { message: 'out of memory' } }, 'OLLAMA_ERROR'],
    ['beside a message', { error: 'unexpected EOF', message: { content: 'x' }, done: true }, 'OLLAMA_ERROR'],
    [
      'context overflow',
      { error: 'the prompt is longer than the context length currently available' },
      'CONTEXT_OVERFLOW',
    ],
  ])('throws what an error line tells of: %s', (_case, value, code) => {
    expect(codeOf(line(value))).toBe(code);
  });

  it('does not lose an answer to an odd statistic', () => {
    const odd = { message: { content: 'x' }, done: true, eval_count: 'many', load_duration: null };

    expect(parseChatLine(line(odd)).metrics).toMatchObject({ completionTokens: 0, loadMs: 0 });
  });
});

describe('joinPieces', () => {
  it('joins every part in order and keeps the metrics of the closing line', () => {
    const call = (name: string) => ({ id: null, name, arguments: {} });
    const first: ChatPiece = { text: 'a', thinking: 'x', toolCalls: [call('f')], metrics: null };
    const { metrics } = parseChatLine(line({ message: {}, done: true, eval_count: 3 }));
    const second: ChatPiece = { text: 'b', thinking: 'y', toolCalls: [call('g')], metrics };

    expect(joinPieces(first, second)).toEqual({
      text: 'ab',
      thinking: 'xy',
      toolCalls: [call('f'), call('g')],
      metrics: expect.objectContaining({ completionTokens: 3 }),
    });
  });
});
