import { SSE_PING, sseEvent, sseRetry } from './sse-format';

const HOSTILE = [
  'a\nb',
  'a\r\nb',
  'a\rb',
  '\n\nevent: experiment.removed\ndata: {}\n\n',
  'a\u2028b\u2029c\u0085d',
  ': comment',
  '\u0000\u001f"\\',
  '\ufeffdata: x',
];

describe('sseEvent', () => {
  it('has the place, the type and the data, and ends with an empty line', () => {
    expect(sseEvent('message', { seq: 7, text: 'Hi' }, 7)).toBe(
      'id: 7\nevent: message\ndata: {"seq":7,"text":"Hi"}\n\n',
    );
  });

  it('has no id when nobody can come back to it', () => {
    expect(sseEvent('turn.delta', { offset: 0 })).toBe('event: turn.delta\ndata: {"offset":0}\n\n');
  });

  it.each(HOSTILE)('keeps %j in one line of data', (text) => {
    const lines = sseEvent('message', { [text]: text }, 1).split(/\r\n|\r|\n/);
    expect(lines).toHaveLength(5);
    expect(lines.slice(0, 2)).toEqual(['id: 1', 'event: message']);
    expect(lines.slice(3)).toEqual(['', '']);
    expect(JSON.parse(lines[2]?.replace(/^data: /, '') ?? '')).toEqual({ [text]: text });
  });
});

describe('what is no event', () => {
  it('is complete in itself', () => {
    expect([SSE_PING, sseRetry(1_000)]).toEqual([': ping\n\n', 'retry: 1000\n\n']);
  });
});
