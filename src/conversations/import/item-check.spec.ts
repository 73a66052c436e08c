import { DomainError, ValidationFailedError } from '../../common/errors/domain-error';
import { loadSettings } from '../../config/load-settings';
import { ConversationScanner, type MessagePart } from './conversation-scanner';
import { ItemCheck, messageBytes } from './item-check';

const SETTINGS = loadSettings({
  MAX_AGENTS: '3',
  MAX_IMPORT_MESSAGES: '5',
  MAX_MESSAGE_CHARACTERS: '100',
  MAX_NAME_CHARACTERS: '20',
  MAX_TITLE_CHARACTERS: '100',
});
const AGENT = { id: 'a1', name: 'Guide', color: '#1', model: 'm:1b' };
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);

function check(conversation: unknown) {
  const scanner = new ConversationScanner({
    maxMessageBytes: messageBytes(SETTINGS),
    maxMessages: 100,
    maxHeadBytes: SETTINGS.maxBodyBytes,
    maxDepth: SETTINGS.maxNestingDepth,
  });
  const parts = [...scanner.write(Buffer.from(JSON.stringify(conversation))), ...scanner.end()];
  const item = new ItemCheck(SETTINGS, ['body', 7], 'made-up');
  const messages: MessagePart[] = [];
  for (const part of parts) {
    if (part.kind === 'message') {
      item.addMessage(part);
      messages.push(part);
    } else {
      const { id, head, toSaved } = item.finish(part);
      return { id, head, messages: messages.map((message, index) => toSaved(message, index)) };
    }
  }
  throw new Error('there is no conversation');
}

function problemsOf(conversation: unknown): string[] {
  try {
    check(conversation);
  } catch (error) {
    if (error instanceof ValidationFailedError) {
      return error.problems.map(({ type, loc }) => `${type} ${loc.join('.')}`);
    }
    throw error;
  }
  return [];
}

describe('ItemCheck', () => {
  it('keeps all that a conversation with agents says (form A)', () => {
    const message = {
      id: 'm1',
      agentId: 'a1',
      content: 'Hello',
      timestamp: '2026-01-22T19:05:23.000Z',
      model: 'Guide',
    };
    expect(
      check({
        id: 'c1',
        title: ' A title ',
        agents: [{ ...AGENT, originalName: 'Old', extra: 1 }],
        messages: [message, { ...message, content: '' }],
        createdAt: '2026-01-22T19:05:22',
        importedAt: '2026-01-23T00:00:00+01:00',
        source: 'lab',
        extra: { a: 1 },
      }),
    ).toEqual({
      id: 'c1',
      head: {
        title: 'A title',
        agents: [{ ...AGENT, originalName: 'Old' }],
        createdAt: '2026-01-22T19:05:22.000Z',
        importedAt: '2026-01-22T23:00:00.000Z',
        source: 'lab',
      },
      messages: [message, { ...message, content: '' }],
    });
  });

  it('fills in what form A may leave out, always in the same way', () => {
    const { id, head, messages } = check({
      agents: [AGENT],
      messages: [
        { agent_id: 'a1', message: 'Hello' },
        { agent: { name: 'Guide' }, content: 'x', message: 'y' },
      ],
      created_at: '2026-01-22T19:05:22Z',
    });
    expect(id).toBe('made-up');
    expect(head).toMatchObject({ title: 'Imported conversation', source: 'import', importedAt: ISO });
    const timestamp = '2026-01-22T19:05:22.000Z';
    expect(messages).toEqual([
      { id: 'msg-0', agentId: 'a1', content: 'Hello', timestamp, model: null },
      { id: 'msg-1', agentId: 'a1', content: 'x', timestamp, model: null },
    ]);
  });

  it.each([null, [], undefined])(
    'makes agents of the names at the messages (form B, agents: %j)',
    (agents) => {
      const { head, messages } = check({
        agents,
        messages: [
          { agent: { name: 'Ann', model: 'm:1b' }, content: '1' },
          { agent: { name: 'Bob' }, content: '2' },
          { agent: { name: 'Ann', model: 'n' }, content: '3' },
          { agent: { name: ' ' }, content: '4' },
          { content: '5' },
        ],
      });
      expect(head.agents).toMatchObject([
        { id: 'agent-0', name: 'Ann', model: 'm:1b' },
        { id: 'agent-1', name: 'Bob', model: '' },
        { id: 'unknown', name: 'Unknown' },
      ]);
      expect(new Set(head.agents.map(({ color }) => color)).size).toBe(3);
      expect(messages.map(({ agentId, model }) => [agentId, model])).toEqual([
        ['agent-0', 'm:1b'],
        ['agent-1', null],
        ['agent-0', 'n'],
        ['unknown', null],
        ['unknown', null],
      ]);
      expect(head.createdAt).toEqual(ISO);
      expect(messages.map(({ timestamp }) => timestamp)).toEqual(messages.map(() => head.createdAt));
    },
  );

  it('keeps ids of agents that nobody lists', () => {
    const { head, messages } = check({ agents: [], messages: [{ agentId: 'x', content: '1' }] });
    expect(head.agents).toEqual([]);
    expect(messages[0]?.agentId).toBe('x');
  });

  it.each([
    [{}, ['missing body.7.messages']],
    [{ messages: 5 }, ['list_type body.7.messages']],
    [{ messages: {} }, ['list_type body.7.messages']],
    [5, ['dict_type body.7']],
    [{ messages: [5] }, ['dict_type body.7.messages.0']],
    [{ messages: [{}] }, ['missing body.7.messages.0.content']],
    [{ messages: [{ content: null }] }, ['missing body.7.messages.0.content']],
    [
      { messages: [{ content: 1, id: 2, timestamp: 7, agent: 3 }] },
      [
        'string_type body.7.messages.0.id',
        'model_attributes_type body.7.messages.0.agent',
        'string_type body.7.messages.0.content',
        'string_type body.7.messages.0.timestamp',
      ],
    ],
    [{ messages: [{ content: 'x'.repeat(101) }] }, ['string_too_long body.7.messages.0.content']],
    [{ messages: [{ content: 'a\0b' }] }, ['value_error body.7.messages.0.content']],
    [{ messages: [{ content: 'a', id: '\ud800' }] }, ['value_error body.7.messages.0.id']],
    [{ messages: [{ content: 'a' }], title: '\0' }, ['value_error body.7.title']],
    [{ messages: [], title: 'x'.repeat(101) }, ['string_too_long body.7.title']],
    [{ messages: [], title: 5, createdAt: 6 }, ['string_type body.7.title', 'string_type body.7.createdAt']],
    [
      { messages: [], agents: [{ id: 'a1' }] },
      ['missing body.7.agents.0.name', 'missing body.7.agents.0.color', 'missing body.7.agents.0.model'],
    ],
    [{ messages: [], agents: [AGENT, AGENT, AGENT, AGENT] }, ['too_long body.7.agents']],
    [
      { messages: [], agents: [{ ...AGENT, name: 'x'.repeat(21) }] },
      ['string_too_long body.7.agents.0.name'],
    ],
    [{ messages: Array.from({ length: 6 }, () => ({ content: 'x' })) }, ['too_long body.7.messages']],
    [
      { agents: [AGENT], messages: [{ agentId: 'a1', content: 'x' }, { content: 'x' }] },
      ['missing body.7.messages.1.agentId'],
    ],
    [
      { agents: [AGENT], messages: [{ agent: { name: 'Nobody' }, content: 'x' }] },
      ['value_error body.7.messages.0.agent.name'],
    ],
    [
      { messages: [{ agent: { name: 'x'.repeat(21) }, content: 'x' }] },
      ['string_too_long body.7.messages.0.agent.name'],
    ],
    [
      { messages: ['A', 'B', 'C', 'D'].map((name) => ({ agent: { name }, content: 'x' })) },
      ['value_error body.7.messages'],
    ],
    [{ messages: [], id: 'x'.repeat(501) }, ['string_too_long body.7.id']],
  ])('names what is wrong with %j', (conversation, expected) => {
    expect(problemsOf(conversation)).toEqual(expected);
  });

  it('keeps the source of experiments for experiments', () => {
    expect(() => check({ messages: [], source: 'experiment' })).toThrow(DomainError);
    expect(() => check({ messages: [], source: 'experiment' })).toThrow(/source/);
  });
});
