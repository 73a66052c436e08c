import { type StoredEvent, type TurnDelta } from '../live/event-types';
import { createPaint } from './colours';
import { ConversationPrinter } from './conversation-printer';

const COLOURS = new Map([
  ['Iris', '#0EA5E9'],
  ['Bruno', '#D97706'],
]);

const newPrinter = (width = 40, depth = 1) =>
  new ConversationPrinter(COLOURS, createPaint(depth), () => width);

function event<T extends StoredEvent['type']>(type: T, data: Record<string, unknown>): StoredEvent {
  return { seq: 1, type, experiment_id: 'e', conversation_id: 'c', turn_id: null, ...data } as never;
}

const started = (turnId: string, name: string, attempt = 1) =>
  event('turn.started', { turn_id: turnId, agent_name: name, attempt });

const message = (turnId: string | null, content: string) =>
  event('message', { turn_id: turnId, message: { content } });

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

describe(ConversationPrinter.name, () => {
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
    const failure = { turn_id: 't1', code: 'OLLAMA_STALLED', error: 'No token came.', will_retry: true };

    expect(printer.event(event('turn.failed', failure))).toBe(
      ' two\n  [OLLAMA_STALLED: No token came. Trying again.]\n\n',
    );
    expect(printer.event(started('t1b', 'Iris', 2))).toBe('Iris\n');
  });

  it('ends an empty turn, of which no message tells', () => {
    const printer = newPrinter();
    printer.event(started('t1', 'Iris'));

    expect(printer.event(event('conversation.finished', {}))).toBe('\n\n');
  });
});
