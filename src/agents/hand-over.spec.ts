import { type AgentTurnInput } from './agent-turns';
import { agentNamed, messagesOf, SCHEMA, usingAgentTurns } from './testing/using-agent-turns';

describe('handoffs', () => {
  const parts = usingAgentTurns();
  const { speak, answer, callTool, purposes } = parts;

  describe('a handoff by tool', () => {
    const handoff = (by: 'auto' | 'tool' | 'json' = 'auto'): Partial<AgentTurnInput> => ({
      turnTask: { kind: 'reply', handoffs: { targets: ['Bob', 'user'], by } },
    });

    beforeEach(() => {
      parts.server.details = { capabilities: ['completion', 'tools'] };
    });

    it('is a call of the tool of a target; a turn that says nothing else says so', async () => {
      const turn = speak(undefined, handoff());
      const exchange = await callTool('transfer_to_bob');
      await turn;

      expect(exchange.body['tools']).toMatchObject([
        { function: { name: 'transfer_to_bob' } },
        { function: { name: 'transfer_to_user' } },
      ]);
      expect(parts.progress).toMatchObject({
        handoff: 'Bob',
        tools: ['transfer_to_bob'],
        text: 'Transferred to Bob.',
      });
      expect(parts.told.text).toBe('Transferred to Bob.');
      expect(purposes()).toEqual(['reply']);
    });

    it('leaves what was said beside it', async () => {
      const turn = speak(undefined, handoff());
      await callTool('transfer_to_user', 'Please decide.');
      await turn;

      expect(parts.progress).toMatchObject({ handoff: 'user', text: 'Please decide.' });
    });

    it('is not needed', async () => {
      const turn = speak(undefined, handoff());
      await answer('I go on.');
      await turn;

      expect(parts.progress).toMatchObject({ handoff: null, tools: [], text: 'I go on.' });
      expect(purposes()).toEqual(['reply']);
    });

    it('of several, the first one wins', async () => {
      const turn = speak(undefined, handoff());
      const exchange = await parts.server.next();
      const call = (name: string) => ({ function: { name, arguments: {} } });
      exchange.piece({ tool_calls: [call('transfer_to_user')] });
      exchange.done({ message: { content: '', tool_calls: [call('transfer_to_bob')] } });
      await turn;

      expect(parts.progress).toMatchObject({
        handoff: 'user',
        tools: ['transfer_to_user', 'transfer_to_bob'],
      });
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
      expect(parts.progress).toMatchObject({
        handoff: 'Bob',
        tools: ['transfer_to_dora', 'transfer_to_bob'],
      });
    });

    it('to nobody that is there twice is none', async () => {
      const turn = speak(undefined, handoff());
      await callTool('transfer_to_dora', 'Dora knows.');
      await callTool('transfer_to_dora', 'Really.');
      await turn;

      expect(parts.progress).toMatchObject({ handoff: null, text: 'Dora knows.' });
      expect(parts.progress.formatError).toContain('transfer_to_dora');
      expect(purposes()).toEqual(['reply', 'handoff']);
    });

    it('may be written down by a weak model, and is not left in the text', async () => {
      const turn = speak(undefined, handoff());
      await answer('{"name": "transfer_to_bob", "arguments": {}}');
      await turn;

      expect(parts.progress).toMatchObject({ handoff: 'Bob', text: 'Transferred to Bob.' });
    });

    it('may be written down below what was said, which stays', async () => {
      const turn = speak(undefined, handoff());
      await answer('Ann: Bob knows.\n\n<tool_call>{"name": "transfer_to_bob", "arguments": {}}</tool_call>');
      await turn;

      expect(parts.progress).toMatchObject({
        handoff: 'Bob',
        text: 'Bob knows.',
        tools: ['transfer_to_bob'],
      });
    });

    it('is asked for by JSON when Ollama cannot read the call of the model', async () => {
      const turn = speak(undefined, handoff());
      (await parts.server.next()).status(500, '{"error":"error parsing tool call"}');
      const plain = await answer('Over to you.');
      await answer('{"hand_over_to": "Bob"}');
      await turn;

      expect(plain.body).not.toHaveProperty('tools');
      expect(parts.progress).toMatchObject({ handoff: 'Bob', text: 'Over to you.' });
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
      parts.server.details = capabilities ? { capabilities } : {};
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
      expect(parts.progress).toMatchObject({ handoff: 'Bob', tools: [], text: 'Ask Bob.' });
      expect(parts.told.text).toBe('Ask Bob.');
      expect(purposes()).toEqual(['reply', 'handoff']);
    });

    it('is none when the answer says so', async () => {
      const turn = speak(undefined, handoff('json'));
      await answer('I go on.');
      await answer('{"hand_over_to": "nobody"}');
      await turn;

      expect(parts.progress).toMatchObject({ handoff: null, formatError: null });
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
      expect(parts.progress).toMatchObject({ handoff: null, text: 'I go on.' });
      expect(parts.progress.formatError).toBe(
        'To whom it hands over could not be read. The answer was empty.',
      );
      expect(purposes()).toEqual(['reply', 'handoff', 'handoff', 'handoff']);
    });

    it('is asked of an agent that answers by a schema, since that keeps it from calling tools', async () => {
      parts.server.details = { capabilities: ['completion', 'tools'] };
      const turn = speak(agentNamed('Ann', { response_format: SCHEMA }), handoff('tool'));
      await answer('{"score": 3}');
      await answer('{"hand_over_to": "Bob"}');
      await turn;

      expect(parts.progress).toMatchObject({ handoff: 'Bob', parsed: { score: 3 }, text: '{"score": 3}' });
    });
  });
});
