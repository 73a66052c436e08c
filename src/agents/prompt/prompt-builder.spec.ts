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
  parts.flatMap((speaker, at) => (at % 2 === 0 ? [turn(speaker, parts[at + 1] ?? '')] : []));
const turn = (speaker: string, text: string, thinking = ''): SpokenTurn => ({ speaker, text, thinking });

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
    for (let number = 1; number <= 200; number += 1) {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      const speaker = speakers[Math.floor((state / 2_147_483_648) * 3)] ?? 'Alice';
      const prompt = promptFor(history);
      expect(prompt.slice(1).map(({ role }) => role)).toEqual(
        prompt.slice(1).map((_message, index) => (index % 2 === 0 ? 'user' : 'assistant')),
      );
      expect(prompt.at(-1)?.role).toBe('user');
      const contents = prompt.map(({ content }) => content);
      expect(contents.slice(0, before.length)).toEqual(before);
      history.push(turn(speaker, `text ${number}`));
      before = speaker === 'Alice' ? [...contents, `text ${number}`] : contents.slice(0, -1);
    }
  });
});

describe('what an agent is told of who speaks', () => {
  const history = said('Bob', 'One', 'Carol', 'Two');
  const described = [alice, agentNamed('Bob', { description: 'Knows\n Oslo.' }), agentNamed('Carol')];

  it('is nothing with attribution none', () => {
    expect(promptFor(history, agentNamed('Alice', { attribution: 'none' }))[1]?.content).toBe(
      'Plan a trip\n\nOne\n\nTwo',
    );
  });

  it('is a list with numbers in the system message, and no name in the messages, with attribution system', () => {
    const agent = agentNamed('Alice', { attribution: 'system' });
    const [system, user] = buildPrompt({ agent, agents: described, task: 'Plan a trip', history });
    expect(system?.content).toMatch(
      /^You are Alice\.\n\nYou are Alice\. These .*:\n\[1\] Bob: Knows Oslo\.\n\[2\] Carol\n/,
    );
    expect(user?.content).toBe('Plan a trip\n\n[1] One\n\n[2] Two');
  });

  it('keeps the system message the same from turn to turn, for the prompt cache', () => {
    const agent = agentNamed('Alice', { attribution: 'system' });
    expect(promptFor(history, agent)[0]).toEqual(promptFor([], agent)[0]);
  });

  it('names whoever is not of the team, and says nothing to an agent alone', () => {
    const agent = agentNamed('Alice', { attribution: 'system' });
    expect(promptFor(said('Dora', 'Hi'), agent)[1]?.content).toBe('Plan a trip\n\nDora: Hi');
    expect(buildPrompt({ agent, agents: [agent], task: 'Go', history: [] })[0]?.content).toBe(
      'You are Alice.',
    );
  });
});

describe('thinking in a prompt', () => {
  const history = [turn('Alice', 'Yes', 'Is it?'), turn('Bob', 'No', ' It is not. '), turn('Bob', 'Hm', ' ')];
  const own = '<think>\nIs it?\n</think>\n\nYes';
  const others = 'Bob: <think>\nIt is not.\n</think>\n\nNo\n\nBob: Hm';

  it.each<[Agent['thinking'], string, string]>([
    [undefined, 'Yes', 'Bob: No\n\nBob: Hm'],
    ['drop', 'Yes', 'Bob: No\n\nBob: Hm'],
    ['own', own, 'Bob: No\n\nBob: Hm'],
    ['share', own, others],
  ])('with %s', (thinking, assistant, user) => {
    const agent = agentNamed('Alice', thinking === undefined ? {} : { thinking });
    expect(promptFor(history, agent).slice(2)).toEqual([
      { role: 'assistant', content: assistant },
      { role: 'user', content: user },
    ]);
  });
});

describe('what a prompt is filled and ended with', () => {
  it('fills placeholders of prompt, task and instruction, and of nothing that was said', () => {
    const agent = agentNamed('Alice', { prompt: 'You are {{agent.name}} in round {{round}}.' });
    const prompt = buildPrompt({
      agent,
      agents: team,
      task: 'Rate {{item.text}}',
      history: said('Bob', '{{item.text}}'),
      item: { text: 'a {{round}}' },
      round: 3,
      instruction: 'Be {{ item.text }}!',
    });
    expect(prompt).toEqual([
      { role: 'system', content: 'You are Alice in round 3.' },
      { role: 'user', content: 'Rate a {{round}}\n\nBob: {{item.text}}\n\nBe a {{round}}!' },
    ]);
  });

  it('ends with instruction and form, also in the place of the request to continue', () => {
    const form = { system: 'Schema.', last: 'JSON only.' };
    const base = { agent: alice, agents: team, task: 'Go', instruction: 'Vote.', form };
    expect(buildPrompt({ ...base, history: said('Bob', 'One') }).map(({ content }) => content)).toEqual([
      'You are Alice.\n\nSchema.',
      'Go\n\nBob: One\n\nVote.\n\nJSON only.',
    ]);
    expect(buildPrompt({ ...base, history: said('Alice', 'One') }).at(-1)?.content).toBe(
      'Vote.\n\nJSON only.',
    );
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
