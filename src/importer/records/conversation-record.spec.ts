import { aReading, fieldsOf, reasonFor } from '../testing/a-reading';
import { readRun, readSaved, type RunContext } from './conversation-record';

const RUN: RunContext = {
  experimentId: 'e',
  iteration: 2,
  title: 'Run 2',
  agents: [{ id: 'a', name: 'Guide', color: '#fff', originalName: null, model: 'm' }],
  prompt: 'Of the task',
  createdAt: '2026-01-01T00:00:00.000Z',
};
const SYSTEM = { id: 'agent-1', name: 'System', color: '#6366F1', model: 'System' };
const GUIDE = { id: 'a', name: 'Guide', color: '#fff', model: 'm' };

describe(readRun, () => {
  it('takes its id and number from the experiment and the prompt from the first message', () => {
    const run = readRun(
      fieldsOf({
        id: 'something',
        title: ' Mine ',
        iteration: 9,
        agents: [GUIDE, SYSTEM],
        messages: [
          {
            id: 'm1',
            agentId: 'agent-1',
            content: 'Plan',
            timestamp: '2026-01-02T10:00:00',
            model: 'System',
          },
          { id: 'm2', agentId: 'a', content: ' Lisbon ', timestamp: '2026-01-02T10:00:01', model: 'Guide' },
        ],
        createdAt: '2026-01-02T12:00:00',
        created_at: '2026-01-02T11:00:00+01:00',
      }),
      RUN,
      aReading(),
    );
    expect(run).toMatchObject({
      id: 'e_2',
      experimentId: 'e',
      iteration: 2,
      title: 'Mine',
      source: null,
      importedAt: null,
      prompt: 'Plan',
      turnCount: 1,
      createdAt: '2026-01-02T10:00:00.000Z',
      finishedAt: '2026-01-02T10:00:01.000Z',
    });
    expect(run.messages).toEqual([
      {
        messageId: 'm1',
        agentId: 'agent-1',
        speaker: 'System',
        model: null,
        content: 'Plan',
        createdAt: '2026-01-02T10:00:00.000Z',
      },
      {
        messageId: 'm2',
        agentId: 'a',
        speaker: 'Guide',
        model: null,
        content: ' Lisbon ',
        createdAt: '2026-01-02T10:00:01.000Z',
      },
    ]);
  });

  it('takes the time with a zone, in whichever spelling', () => {
    const createdAt = (times: object) =>
      readRun(fieldsOf({ messages: [], ...times }), RUN, aReading()).createdAt;
    expect(createdAt({ created_at: '2026-01-02T12:00:00', createdAt: '2026-01-02T11:00:00Z' })).toBe(
      '2026-01-02T11:00:00.000Z',
    );
    expect(createdAt({ created_at: '2026-01-02T12:00:00', createdAt: '2026-01-02T11:00:00' })).toBe(
      '2026-01-02T12:00:00.000Z',
    );
  });

  it('takes from the experiment what its file does not say', () => {
    const run = readRun(fieldsOf({ messages: [] }), RUN, aReading());
    expect(run).toMatchObject({
      title: 'Run 2',
      prompt: 'Of the task',
      turnCount: 0,
      createdAt: RUN.createdAt,
    });
    expect(run.agents.map(({ id, name }) => `${id} ${name}`)).toEqual(['a Guide', 'agent-1 System']);
  });

  it.each<[string, unknown, string]>([
    ['no messages', {}, 'messages: is missing'],
    ['a message without text', { messages: [{ id: 'm' }] }, 'messages[0].content: is missing'],
    ['a broken agent', { messages: [], agents: [{ id: 1 }] }, 'agents[0].id: must be text, not the number 1'],
    ['an agent without id', { messages: [], agents: [{}] }, 'agents[0].id: is blank'],
    [
      'a message id of a kilobyte',
      { messages: [{ id: 'x'.repeat(1_000), content: '' }] },
      'messages[0].id: has more than 200 characters',
    ],
    [
      'a message that is too long',
      { messages: [{ content: 'x'.repeat(101) }] },
      'messages[0].content: has more than 100 characters (MAX_MESSAGE_CHARACTERS)',
    ],
  ])('refuses %s as a whole', (_what, value, reason) => {
    const reading = aReading({ MAX_MESSAGE_CHARACTERS: '100' });
    expect(reasonFor(() => readRun(fieldsOf(value), RUN, reading))).toBe(reason);
  });
});

describe(readSaved, () => {
  it('fills in what may be missing', () => {
    const reading = aReading();
    const saved = readSaved(fieldsOf({ messages: [{ agent_id: 'gone' }, { message: 'Hi' }] }), 'c', reading);
    expect(saved).toMatchObject({
      id: 'c',
      experimentId: null,
      iteration: null,
      title: 'c',
      source: 'import',
      importedAt: reading.modifiedAt,
      createdAt: reading.modifiedAt,
    });
    expect(saved.messages.map(({ agentId, content }) => [agentId, content])).toEqual([
      ['gone', ''],
      ['unknown', 'Hi'],
    ]);
    expect(reading.notes).toEqual(['2 of 2 messages have no readable time: that of the one before counts']);
  });

  it('gives messages without an id the same one each time', () => {
    const read = (id: string) => readSaved(fieldsOf({ messages: [{}, {}] }), id, aReading()).messages;
    const ids = read('c').map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(2);
    expect(read('c').map(({ messageId }) => messageId)).toEqual(ids);
    expect(read('d').map(({ messageId }) => messageId)).not.toEqual(ids);
    expect(ids[0]).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });

  it('keeps model and names as they were saved, and a message without a time after the one before', () => {
    const saved = readSaved(
      fieldsOf({
        agents: [{ ...GUIDE, original_name: 'Old' }],
        messages: [
          { agent_id: 'a', content: '1', model: 'llama2', timestamp: '2026-01-02T10:00:00Z' },
          { agent_id: 'a', content: '2', timestamp: 'soon' },
        ],
        source: 'experiment',
        imported_at: '2026-01-03T10:00:00Z',
      }),
      'c',
      aReading(),
    );
    expect(saved.agents).toEqual([{ ...GUIDE, originalName: 'Old' }]);
    expect(saved.messages).toMatchObject([
      { speaker: 'Guide', model: 'llama2', createdAt: '2026-01-02T10:00:00.000Z' },
      { speaker: 'Guide', model: null, createdAt: '2026-01-02T10:00:00.000Z' },
    ]);
    expect(saved).toMatchObject({ source: 'import', createdAt: '2026-01-02T10:00:00.000Z' });
  });
});
