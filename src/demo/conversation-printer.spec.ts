import { type StoredEvent, type TurnDelta } from '../live/event-types';
import { createPaint } from './colours';
import { ConversationPrinter } from './conversation-printer';

const COLOURS = new Map([
  ['Iris', '#0EA5E9'],
  ['Bruno', '#D97706'],
]);

const newPrinter = (width = 40, depth = 1) =>
  new ConversationPrinter(COLOURS, createPaint(depth), () => width);

const envelope = (turnId: string | null) => ({
  seq: 1,
  experiment_id: 'e',
  conversation_id: 'c',
  turn_id: turnId,
  created_at: '2026-01-01T00:00:00.000Z',
});

const turn = (name: string, attempt: number) => ({
  iteration: 1,
  turn: 1,
  attempt,
  agent_id: 'a',
  agent_name: name,
  model: 'm',
});

const started = (turnId: string, name: string, attempt = 1): StoredEvent => ({
  ...envelope(turnId),
  ...turn(name, attempt),
  type: 'turn.started',
  step: 1,
  kind: 'reply',
  path: [name],
  speaker: { method: 'round_robin', candidates: [name], attempts: 0, raw: null, tokens: 0 },
});

const failed = (turnId: string, name: string): StoredEvent => ({
  ...envelope(turnId),
  ...turn(name, 1),
  type: 'turn.failed',
  code: 'STALLED',
  error: 'No token came.',
  will_retry: true,
});

const message = (turnId: string | null, content: string): StoredEvent => ({
  ...envelope(turnId),
  type: 'message',
  iteration: 1,
  message_seq: 1,
  message: { id: 'm', agentId: 'a', content, timestamp: '2026-01-01T00:00:00.000Z', model: 'Iris' },
});

const finished: StoredEvent = {
  ...envelope(null),
  type: 'conversation.finished',
  iteration: 1,
  state: 'completed',
  end_reason: null,
  error_code: null,
  error: null,
  message_count: 1,
  turn_count: 1,
};

const delta = (turnId: string, text: string, offset = 0, more: Partial<TurnDelta> = {}): TurnDelta => ({
  experiment_id: 'e',
  conversation_id: 'c',
  turn_id: turnId,
  attempt: 1,
  channel: 'text',
  offset,
  text,
  ...more,
});

describe('ConversationPrinter', () => {
  it('prints the speaker, the text as it comes, and a blank line after it', () => {
    const printer = newPrinter();
    const pieces = [
      printer.event(started('t1', 'Iris')),
      printer.delta(delta('t1', 'Hello Bru')),
      printer.delta(delta('t1', 'no, how are', 9)),
      printer.event(message('t1', 'Hello Bruno, how are you?')),
      printer.event(started('t2', 'Bruno')),
    ];

    expect(pieces).toEqual(['Iris\n', '  Hello', ' Bruno, how', ' are you?\n\n', 'Bruno\n']);
  });

  it('breaks lines at the width', () => {
    const printer = newPrinter(12);
    printer.event(started('t1', 'Iris'));

    expect(printer.delta(delta('t1', 'one two three four '))).toBe('  one two\n  three four');
  });

  it('gives name and text of a speaker its colour', () => {
    const printer = newPrinter(40, 4);

    expect(printer.event(started('t2', 'Bruno'))).toContain('\u001b[33mBruno\u001b[0m');
    expect(printer.delta(delta('t2', 'Well, '))).toBe('\u001b[33m  Well,\u001b[0m');
  });

  it('prints what comes again after a reconnection only once', () => {
    const printer = newPrinter();
    printer.event(started('t1', 'Iris'));
    printer.delta(delta('t1', 'One two '));

    expect(printer.delta(delta('t1', 'One two three ', 0))).toBe(' three');
  });

  it('leaves out thinking, other turns, other attempts and the task', () => {
    const printer = newPrinter();
    printer.event(started('t1', 'Iris'));

    expect(printer.delta(delta('t1', 'Hmm. ', 0, { channel: 'thinking' }))).toBe('');
    expect(printer.delta(delta('t9', 'Hello '))).toBe('');
    expect(printer.delta(delta('t1', 'Hello ', 0, { attempt: 2 }))).toBe('');
    expect(printer.event(message(null, 'The task'))).toBe('');
  });

  it('shows why an attempt failed', () => {
    const printer = newPrinter(80);
    printer.event(started('t1', 'Iris'));
    printer.delta(delta('t1', 'One two'));

    expect(printer.event(failed('t1', 'Iris'))).toBe(' two\n  [STALLED: No token came. Trying again.]\n\n');
    expect(printer.event(started('t1b', 'Iris', 2))).toBe('Iris\n');
  });

  it('ends an empty turn, of which no message tells', () => {
    const printer = newPrinter();
    printer.event(started('t1', 'Iris'));

    expect(printer.event(finished)).toBe('\n\n');
  });
});
