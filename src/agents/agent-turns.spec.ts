import { ollamaParts } from '../ollama/testing/ollama-parts';
import { failureOf } from '../ollama/testing/failure-of';
import { type Exchange, ScriptedOllama } from '../ollama/testing/scripted-ollama';
import { type AgentTurnInput, AgentTurns, newProgress } from './agent-turns';
import { type Agent } from './prompt/agent';
import { type SpokenTurn } from './prompt/prompt-builder';
import { TokenEstimates } from './prompt/token-estimate';
import { type TurnTask } from './turn-task';

const agentNamed = (name: string, more: Partial<Agent> = {}): Agent => ({
  id: name,
  name,
  prompt: `You are ${name}.`,
  model: 'tiny',
  color: '#10B981',
  options: {},
  ...more,
});

const SCHEMA = {
  type: 'object',
  properties: { score: { type: 'integer', minimum: 1, maximum: 5 } },
  required: ['score'],
};

interface Message {
  readonly role: string;
  readonly content: string;
}

describe(AgentTurns.name, () => {
  let server: ScriptedOllama;
  let turns: AgentTurns;
  let progress: ReturnType<typeof newProgress>;
  let told: { text: string; thinking: string };

  const restart = (environment: Record<string, string> = {}) => {
    turns = new AgentTurns(ollamaParts(server.url, environment).caller, new TokenEstimates());
    progress = newProgress();
    told = { text: '', thinking: '' };
  };

  beforeEach(async () => {
    server = await ScriptedOllama.start();
    restart();
  });
  afterEach(() => server.close());

  const speak = (agent: Agent = agentNamed('Ann'), more: Partial<AgentTurnInput> = {}): Promise<void> =>
    turns.speak(
      {
        experimentId: 'experiment',
        conversationId: 'conversation',
        agent,
        agents: [agent, agentNamed('Bob'), agentNamed('Cem')],
        task: 'Plan a trip',
        item: {},
        round: 1,
        history: [],
        view: null,
        turnTask: { kind: 'reply' },
        contextPolicy: 'drop_oldest',
        seed: 7,
        signal: new AbortController().signal,
        onText: (channel, text) => {
          told[channel] += text;
        },
        ...more,
      },
      progress,
    );

  const answer = async (text: string, more: Record<string, unknown> = {}): Promise<Exchange> => {
    const exchange = await server.next();
    exchange.piece(text).done(more);
    return exchange;
  };
  const callTool = async (name: string, text = ''): Promise<Exchange> => {
    const exchange = await server.next();
    exchange.piece(text).piece({ tool_calls: [{ id: `id-${name}`, function: { name, arguments: {} } }] });
    exchange.done();
    return exchange;
  };
  const messagesOf = ({ body }: Exchange) => body['messages'] as Message[];
  const purposes = () => progress.calls.map(({ purpose }) => purpose);
  const said = (...texts: string[]): SpokenTurn[] =>
    texts.map((text, at) => ({ speaker: at % 2 === 0 ? 'Bob' : 'Ann', text, thinking: '' }));

  describe('a reply', () => {
    it('is what the model says, cleaned, told as it comes', async () => {
      const turn = speak();
      const exchange = await server.next();
      exchange.piece({ thinking: 'Hm.' }).piece('Ann: To Rome!\nBob: No.').done();
      await turn;

      expect(told).toEqual({ text: 'To Rome!', thinking: 'Hm.' });
      expect(progress).toMatchObject({ ...newProgress(), text: 'To Rome!', thinking: 'Hm.', calls: [{}] });
      expect(exchange.body).not.toHaveProperty('format');
      expect(exchange.body).not.toHaveProperty('tools');
      expect(exchange.body['options']).toMatchObject({ seed: 7, stop: ['\nBob:', '\nCem:'] });
    });

    it('hears what its place lets it hear, which counts more than what the agent is told to', async () => {
      const agent = agentNamed('Ann', { history: { last: 0 } });
      const history = said('One', 'Two', 'Three');
      const own = speak(agent, { history });
      const first = await answer('x');
      await own;
      const placed = speak(agent, { history, view: { last: 1 } });
      const second = await answer('x');
      await placed;

      expect(
        messagesOf(first)
          .map(({ content }) => content)
          .slice(1),
      ).toEqual(['Plan a trip', 'Two', 'Please continue.']);
      expect(
        messagesOf(second)
          .map(({ content }) => content)
          .slice(1),
      ).toEqual(['Plan a trip', 'Two', 'Bob: Three']);
    });

    it('gets the instruction of its turn, with placeholders filled', async () => {
      const turn = speak(undefined, {
        item: { city: 'Oslo' },
        round: 2,
        turnTask: { kind: 'reply', instruction: 'Name a sight of {{item.city}}, round {{round}}.' },
      });
      const exchange = await answer('x');
      await turn;

      expect(messagesOf(exchange).at(-1)?.content).toBe('Plan a trip\n\nName a sight of Oslo, round 2.');
    });
  });

  describe('a prompt that is too long', () => {
    /** Ten messages of 100 tokens in a window of 800, of which 100 are for the answer. */
    const small = agentNamed('Ann', { options: { num_ctx: 800, num_predict: 100 } });
    const history = Array.from({ length: 10 }, (_item, at) => ({
      speaker: 'Bob',
      text: `${at}`.padEnd(400, 'x'),
      thinking: '',
    }));

    it('loses its oldest messages, and says so', async () => {
      const turn = speak(small, { history });
      const exchange = await answer('Fine.');
      await turn;

      const text = messagesOf(exchange)[1]?.content ?? '';
      expect(text).toMatch(/^Plan a trip\n\nBob: 4x+\n\nBob: 5x/);
      expect(progress.context).toEqual({
        estimated_tokens: expect.any(Number),
        num_ctx: 800,
        dropped_messages: 4,
        dropped_tokens: expect.any(Number),
        cut_by_ollama: false,
      });
      expect(progress.context?.estimated_tokens).toBeLessThanOrEqual(700);
      expect(progress.context?.dropped_tokens).toBeGreaterThan(400);
    });

    it('fails with the numbers before anything is sent, where the policy says so', async () => {
      const failure = await failureOf(speak(small, { history, contextPolicy: 'fail' }));

      expect(failure).toMatchObject({
        code: 'CONTEXT_OVERFLOW',
        message: expect.stringMatching(
          /prompt of Ann has about 1\d\d\d tokens, but of the 800 of tiny it may use 700/,
        ),
      });
      expect(server.seen).not.toContain('POST /api/chat');
    });

    it('fails when task and last message alone are too long: nothing is cut silently', async () => {
      const failure = await failureOf(speak(small, { history, task: 'x'.repeat(2_800) }));

      expect(failure).toMatchObject({
        code: 'CONTEXT_OVERFLOW',
        message: expect.stringContaining('Even without'),
      });
      expect(server.seen).not.toContain('POST /api/chat');
    });

    it('is known by what the model counted before', async () => {
      const agent = agentNamed('Ann', { options: { num_ctx: 800, num_predict: 100 } });
      const short = history.slice(0, 5);
      for (let call = 0; call < 4; call += 1) {
        const turn = speak(agent, { history: short });
        await answer('x', { prompt_eval_count: 780 });
        await turn;
      }
      progress = newProgress();
      const turn = speak(agent, { history: short });
      await answer('x');
      await turn;

      expect(progress.context?.dropped_messages).toBeGreaterThan(0);
    });

    it('is marked when the count of Ollama shows that it cut by itself', async () => {
      const turn = speak(small, { history: history.slice(0, 6) });
      await answer('x', { prompt_eval_count: 400 });
      await turn;

      expect(progress.context).toMatchObject({ dropped_messages: 0, num_ctx: 800, cut_by_ollama: true });
    });

    it('leaves no mark when everything was there', async () => {
      const turn = speak(small, { history: history.slice(0, 6) });
      await answer('x', { prompt_eval_count: 610 });
      await turn;

      expect(progress.context).toBeNull();
    });
  });

  describe('a structured answer', () => {
    const agent = agentNamed('Ann', { response_format: SCHEMA });

    it('is asked for by schema and in words, and kept parsed beside its text', async () => {
      const turn = speak(agent);
      const exchange = await answer('Ann: ```json\n{"score": 4}\n```');
      await turn;

      expect(exchange.body['format']).toEqual(SCHEMA);
      expect(messagesOf(exchange)[0]?.content).toContain(JSON.stringify(SCHEMA));
      expect(messagesOf(exchange).at(-1)?.content).toBe('Plan a trip\n\nAnswer with JSON only.');
      expect(progress).toMatchObject({ text: '{"score": 4}', parsed: { score: 4 }, formatError: null });
      expect(purposes()).toEqual(['reply']);
    });

    it('is asked for once more when it does not fit, with what was wrong', async () => {
      const turn = speak(agent);
      await answer('{"score": 9}');
      const repair = await answer('{"score": 5}');
      await turn;

      expect(messagesOf(repair).slice(-2)).toEqual([
        { role: 'assistant', content: '{"score": 9}' },
        { role: 'user', content: expect.stringContaining('At /score: 9 is greater than 5') },
      ]);
      expect(repair.body).toMatchObject({ format: SCHEMA, options: { temperature: 0 } });
      expect(progress).toMatchObject({ text: '{"score": 5}', parsed: { score: 5 }, formatError: null });
      expect(told.text).toBe('{"score": 9}');
      expect(purposes()).toEqual(['reply', 'repair']);
    });

    it.each([
      ['cut off', '{"sco', 'The JSON of the answer was cut off.'],
      ['empty', '', 'The answer was empty.'],
      ['still wrong', '{"score": 0}', 'At /score: 0 is less than 1'],
    ])('stays as it was when the second is %s', async (_how, second, problem) => {
      const turn = speak(agent);
      await answer('<think>Hm</think>A four.');
      await answer(second);
      await turn;

      expect(progress).toMatchObject({ text: 'A four.', parsed: null });
      expect(progress.formatError).toContain(problem);
    });

    it('is not asked of a manager who plans', async () => {
      const turn = speak(agent, { turnTask: { kind: 'plan' } });
      const exchange = await answer('First this.');
      await turn;

      expect(exchange.body).not.toHaveProperty('format');
      expect(progress).toMatchObject({ text: 'First this.', parsed: null });
    });
  });

  describe('a ballot', () => {
    const ballot = { options: ['Ann', 'Bob', 'Cem'], isRanked: false, mayAbstain: false };
    const task: TurnTask = { kind: 'ballot', instruction: 'Whose plan is best?', ballot };

    it('is one of the options, and told when it has been read', async () => {
      const turn = speak(agentNamed('Ann', { response_format: SCHEMA }), { turnTask: task });
      const exchange = await server.next();
      exchange.piece({ thinking: 'Bob is good.' }).piece('{"vote": ').piece('"Bob"}').done();
      await turn;

      expect(exchange.body).toMatchObject({ format: { properties: { vote: { enum: ballot.options } } } });
      expect(messagesOf(exchange).at(-1)?.content).toMatch(
        /\n\nWhose plan is best\?\n\nAnswer with JSON only/,
      );
      expect(progress).toMatchObject({ text: 'Vote: Bob', parsed: { ranking: ['Bob'] }, formatError: null });
      expect(told).toEqual({ text: 'Vote: Bob', thinking: 'Bob is good.' });
    });

    it('does not take an echoed name for a vote', async () => {
      const turn = speak(undefined, { turnTask: task });
      await answer('Ann: Bob');
      await turn;

      expect(progress.parsed).toEqual({ ranking: ['Bob'] });
    });

    it('is asked for again with what was wrong, at last it is an abstention', async () => {
      const turn = speak(undefined, { turnTask: task });
      await answer('Ann or Bob, both are fine.');
      const second = await answer('Hard to say.');
      const third = await answer('');
      await turn;

      expect(messagesOf(second).at(-1)?.content).toContain('more than one option');
      expect(messagesOf(third).slice(0, -2)).toEqual(messagesOf(second));
      expect(messagesOf(third).slice(-2)).toEqual([
        { role: 'assistant', content: 'Hard to say.' },
        { role: 'user', content: expect.stringContaining('named none of the options') },
      ]);
      expect(progress).toMatchObject({ text: 'Abstained.', parsed: { ranking: [] } });
      expect(progress.formatError).toBe('The answer was empty.');
      expect(told.text).toBe('Abstained.');
      expect(purposes()).toEqual(['reply', 'repair', 'repair']);
    });

    it('can be a ranking', async () => {
      const turn = speak(undefined, { turnTask: { kind: 'ballot', ballot: { ...ballot, isRanked: true } } });
      await answer('{"ranking": ["Cem", "Ann", "Bob"]}');
      await turn;

      expect(progress).toMatchObject({
        text: 'Vote: Cem > Ann > Bob',
        parsed: { ranking: ['Cem', 'Ann', 'Bob'] },
      });
    });
  });

  describe('a handoff by tool', () => {
    const handoff = (by: 'auto' | 'tool' | 'json' = 'auto'): Partial<AgentTurnInput> => ({
      turnTask: { kind: 'reply', handoffs: { targets: ['Bob', 'user'], by } },
    });

    beforeEach(() => {
      server.details = { capabilities: ['completion', 'tools'] };
    });

    it('is a call of the tool of a target; a turn that says nothing else says so', async () => {
      const turn = speak(undefined, handoff());
      const exchange = await callTool('transfer_to_bob');
      await turn;

      expect(exchange.body['tools']).toMatchObject([
        { function: { name: 'transfer_to_bob' } },
        { function: { name: 'transfer_to_user' } },
      ]);
      expect(progress).toMatchObject({
        handoff: 'Bob',
        tools: ['transfer_to_bob'],
        text: 'Transferred to Bob.',
      });
      expect(told.text).toBe('Transferred to Bob.');
      expect(purposes()).toEqual(['reply']);
    });

    it('leaves what was said beside it', async () => {
      const turn = speak(undefined, handoff());
      await callTool('transfer_to_user', 'Please decide.');
      await turn;

      expect(progress).toMatchObject({ handoff: 'user', text: 'Please decide.' });
    });

    it('is not needed', async () => {
      const turn = speak(undefined, handoff());
      await answer('I go on.');
      await turn;

      expect(progress).toMatchObject({ handoff: null, tools: [], text: 'I go on.' });
      expect(purposes()).toEqual(['reply']);
    });

    it('of several, the first one wins', async () => {
      const turn = speak(undefined, handoff());
      const exchange = await server.next();
      const call = (name: string) => ({ function: { name, arguments: {} } });
      exchange.piece({ tool_calls: [call('transfer_to_user')] });
      exchange.done({ message: { content: '', tool_calls: [call('transfer_to_bob')] } });
      await turn;

      expect(progress).toMatchObject({ handoff: 'user', tools: ['transfer_to_user', 'transfer_to_bob'] });
    });

    it('to nobody that is there is answered once', async () => {
      const turn = speak(undefined, handoff());
      await callTool('transfer_to_dora');
      const second = await callTool('transfer_to_bob');
      await turn;

      expect(messagesOf(second).slice(-2)).toMatchObject([
        { role: 'assistant', tool_calls: [{ function: { name: 'transfer_to_dora' } }] },
        {
          role: 'tool',
          tool_name: 'transfer_to_dora',
          content: expect.stringContaining('transfer_to_bob, transfer_to_user'),
        },
      ]);
      expect(progress).toMatchObject({ handoff: 'Bob', tools: ['transfer_to_dora', 'transfer_to_bob'] });
    });

    it('to nobody that is there twice is none', async () => {
      const turn = speak(undefined, handoff());
      await callTool('transfer_to_dora', 'Dora knows.');
      await callTool('transfer_to_dora', 'Really.');
      await turn;

      expect(progress).toMatchObject({ handoff: null, text: 'Dora knows.' });
      expect(progress.formatError).toContain('transfer_to_dora');
      expect(purposes()).toEqual(['reply', 'handoff']);
    });

    it('may be written down by a weak model, and is not left in the text', async () => {
      const turn = speak(undefined, handoff());
      await answer('{"name": "transfer_to_bob", "arguments": {}}');
      await turn;

      expect(progress).toMatchObject({ handoff: 'Bob', text: 'Transferred to Bob.' });
    });

    it('may be written down below what was said, which stays', async () => {
      const turn = speak(undefined, handoff());
      await answer('Ann: Bob knows.\n\n<tool_call>{"name": "transfer_to_bob", "arguments": {}}</tool_call>');
      await turn;

      expect(progress).toMatchObject({ handoff: 'Bob', text: 'Bob knows.', tools: ['transfer_to_bob'] });
    });

    it('is asked for by JSON when Ollama cannot read the call of the model', async () => {
      const turn = speak(undefined, handoff());
      (await server.next()).status(500, '{"error":"error parsing tool call"}');
      const plain = await answer('Over to you.');
      await answer('{"hand_over_to": "Bob"}');
      await turn;

      expect(plain.body).not.toHaveProperty('tools');
      expect(progress).toMatchObject({ handoff: 'Bob', text: 'Over to you.' });
    });
  });

  describe('a handoff by JSON', () => {
    const handoff = (by: 'auto' | 'tool' | 'json'): Partial<AgentTurnInput> => ({
      turnTask: { kind: 'reply', handoffs: { targets: ['Bob'], by } },
    });

    it.each([
      ['json', ['completion', 'tools']],
      ['auto', ['completion']],
      ['auto', undefined],
      ['tool', ['completion']],
    ] as const)('asks after the reply: by %s, abilities %j', async (by, capabilities) => {
      server.details = capabilities ? { capabilities } : {};
      const turn = speak(undefined, handoff(by));
      const reply = await answer('Ask Bob.');
      const question = await answer('{"hand_over_to": "Bob"}');
      await turn;

      expect(reply.body).not.toHaveProperty('tools');
      expect(question.body).toMatchObject({
        format: { properties: { hand_over_to: { enum: ['Bob', 'nobody'] } } },
        options: { temperature: 0 },
      });
      expect(messagesOf(question).slice(0, -2)).toEqual(messagesOf(reply));
      expect(messagesOf(question).at(-2)).toEqual({ role: 'assistant', content: 'Ask Bob.' });
      expect(progress).toMatchObject({ handoff: 'Bob', tools: [], text: 'Ask Bob.' });
      expect(told.text).toBe('Ask Bob.');
      expect(purposes()).toEqual(['reply', 'handoff']);
    });

    it('is none when the answer says so', async () => {
      const turn = speak(undefined, handoff('json'));
      await answer('I go on.');
      await answer('{"hand_over_to": "nobody"}');
      await turn;

      expect(progress).toMatchObject({ handoff: null, formatError: null });
    });

    it('is asked for again when the answer cannot be read, at last it is none, and it is told why', async () => {
      const turn = speak(undefined, handoff('json'));
      await answer('I go on.');
      await answer('Hm.');
      const second = await answer('{"hand_over_to": "Cem"}');
      await answer('');
      await turn;

      expect(messagesOf(second).slice(-2)).toEqual([
        { role: 'assistant', content: 'Hm.' },
        { role: 'user', content: expect.stringContaining('The answer named none of them.') },
      ]);
      expect(progress).toMatchObject({ handoff: null, text: 'I go on.' });
      expect(progress.formatError).toBe('To whom it hands over could not be read. The answer was empty.');
      expect(purposes()).toEqual(['reply', 'handoff', 'handoff', 'handoff']);
    });

    it('is asked of an agent that answers by a schema, since that keeps it from calling tools', async () => {
      server.details = { capabilities: ['completion', 'tools'] };
      const turn = speak(agentNamed('Ann', { response_format: SCHEMA }), handoff('tool'));
      await answer('{"score": 3}');
      await answer('{"hand_over_to": "Bob"}');
      await turn;

      expect(progress).toMatchObject({ handoff: 'Bob', parsed: { score: 3 }, text: '{"score": 3}' });
    });
  });

  it('passes on what a call fails with, with what was said so far', async () => {
    const outcome = failureOf(speak());
    (await server.next()).piece('To Ro').raw('garbage\n');

    expect(await outcome).toMatchObject({ code: 'BAD_STREAM' });
    expect(progress.text).toBe('To Ro');
  });
});
