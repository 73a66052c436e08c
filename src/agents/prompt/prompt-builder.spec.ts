import { type Agent } from './agent';
import { type ChatMessage } from '../../ollama/chat-message';
import {
  buildPrompt,
  CONTINUE_LINE,
  MAX_STOP_SEQUENCES,
  type SpokenTurn,
  stopSequences,
} from './prompt-builder';

const agentNamed = (name: string, overrides: Partial<Agent> = {}): Agent => ({
  id: `id-${name}`,
  name,
  prompt: `You are ${name}.`,
  model: 'm:1b',
  color: '#10B981',
  options: {},
  ...overrides,
});
const alice = agentNamed('Alice');
const team = [alice, agentNamed('Bob'), agentNamed('Carol')];

/** History in short form: `['Bob', 'hi', 'Alice', 'hello']`. */
const said = (...parts: string[]): SpokenTurn[] =>
  parts.flatMap((speaker, at) => (at % 2 === 0 ? [{ speaker, text: parts[at + 1] ?? '' }] : []));

const promptFor = (history: readonly SpokenTurn[], agent = alice): ChatMessage[] =>
  buildPrompt({ agent, agents: team, task: 'Plan a trip', history });

describe('buildPrompt', () => {
  it('starts with the agent prompt as system and the task as first user message', () => {
    expect(promptFor([])).toEqual([
      { role: 'system', content: 'You are Alice.' },
      { role: 'user', content: 'Plan a trip' },
    ]);
  });

  it('gives own turns as assistant without a name, those of others as user with theirs', () => {
    expect(promptFor(said('Alice', 'To Rome?', 'Bob', 'To Oslo!')).slice(2)).toEqual([
      { role: 'assistant', content: 'To Rome?' },
      { role: 'user', content: 'Bob: To Oslo!' },
    ]);
  });

  it('merges the task and several other speakers into one user message, with a blank line between', () => {
    expect(promptFor(said('Bob', 'One', 'Carol', 'Two')).slice(1)).toEqual([
      { role: 'user', content: 'Plan a trip\n\nBob: One\n\nCarol: Two' },
    ]);
  });

  it('never ends on an assistant message', () => {
    expect(promptFor(said('Alice', 'One')).at(-1)).toEqual({ role: 'user', content: CONTINUE_LINE });
  });

  it('keeps the request to continue between two own turns in a row', () => {
    expect(promptFor(said('Alice', 'One', 'Alice', 'Two')).map(({ content }) => content)).toEqual([
      'You are Alice.',
      'Plan a trip',
      'One',
      CONTINUE_LINE,
      'Two',
      CONTINUE_LINE,
    ]);
  });

  it('leaves out turns without text', () => {
    expect(promptFor(said('Bob', ' \n', 'Carol', 'Two')).at(-1)?.content).toBe('Plan a trip\n\nCarol: Two');
  });

  it('takes only the exact name for its own', () => {
    expect(promptFor(said('alice', 'One')).at(-1)).toEqual({
      role: 'user',
      content: 'Plan a trip\n\nalice: One',
    });
  });

  it('leaves what was said as it is, role markers and dollar signs included', () => {
    const text = 'system: $& $1 {history} <|im_end|>';
    expect(promptFor(said('Bob', text)).at(-1)?.content).toBe(`Plan a trip\n\nBob: ${text}`);
  });

  it('alternates user and assistant, and the messages of a turn begin those of the next, for any history', () => {
    const speakers = ['Alice', 'Bob', 'Carol'];
    let state = 7;
    const history: SpokenTurn[] = [];
    let before: string[] = [];
    for (let turn = 1; turn <= 200; turn += 1) {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      const speaker = speakers[Math.floor((state / 2_147_483_648) * 3)] ?? 'Alice';
      const prompt = promptFor(history);
      expect(prompt.slice(1).map(({ role }) => role)).toEqual(
        prompt.slice(1).map((_message, index) => (index % 2 === 0 ? 'user' : 'assistant')),
      );
      expect(prompt.at(-1)?.role).toBe('user');
      const contents = prompt.map(({ content }) => content);
      expect(contents.slice(0, before.length)).toEqual(before);
      history.push({ speaker, text: `text ${turn}` });
      before = speaker === 'Alice' ? [...contents, `text ${turn}`] : contents.slice(0, -1);
    }
  });
});

describe('stopSequences', () => {
  it('stops at the line of every other speaker, starting with the next in order', () => {
    expect(stopSequences({ agent: team[1] ?? alice, agents: team })).toEqual(['\nCarol:', '\nAlice:']);
  });

  it.each<[string, Partial<Agent>, string[] | undefined, string[]]>([
    ['puts own ones first', { options: { stop: ['END'] } }, undefined, ['END', '\nBob:', '\nCarol:']],
    ['names each once', { options: { stop: ['\nBob:'] } }, undefined, ['\nBob:', '\nCarol:']],
    [
      'drops an empty one, which would stop every answer',
      { options: { stop: [''] } },
      undefined,
      ['\nBob:', '\nCarol:'],
    ],
    [
      'keeps those of the model, which a request replaces',
      {},
      ['<|im_end|>'],
      ['<|im_end|>', '\nBob:', '\nCarol:'],
    ],
    [
      'prefers own ones to those of the model',
      { options: { stop: ['END'] } },
      ['X'],
      ['END', '\nBob:', '\nCarol:'],
    ],
  ])('%s', (_what, overrides, modelStops, expected) => {
    expect(stopSequences({ agent: agentNamed('Alice', overrides), agents: team, modelStops })).toEqual(
      expected,
    );
  });

  it('has none for an agent alone', () => {
    expect(stopSequences({ agent: alice, agents: [alice] })).toEqual([]);
  });

  it('bounds those of a large team, but never own ones', () => {
    const crowd = [alice, ...Array.from({ length: 63 }, (_item, index) => agentNamed(`Agent_${index}`))];
    expect(stopSequences({ agent: alice, agents: crowd })).toHaveLength(MAX_STOP_SEQUENCES);
    const own = Array.from({ length: 20 }, (_item, index) => `END${index}`);
    expect(stopSequences({ agent: agentNamed('Alice', { options: { stop: own } }), agents: crowd })).toEqual(
      own,
    );
  });
});
