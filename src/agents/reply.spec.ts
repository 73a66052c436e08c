import { agentNamed, messagesOf, SCHEMA, usingAgentTurns } from './testing/using-agent-turns';
import { type TurnTask } from './turn-task';

describe('answers with a form', () => {
  const parts = usingAgentTurns();
  const { speak, answer, purposes } = parts;

  describe('a structured answer', () => {
    const agent = agentNamed('Ann', { response_format: SCHEMA });

    it('is asked for by schema and in words, and kept parsed beside its text', async () => {
      const turn = speak(agent);
      const exchange = await answer('Ann: ```json\n{"score": 4}\n```');
      await turn;

      expect(exchange.body['format']).toEqual(SCHEMA);
      expect(messagesOf(exchange)[0]?.content).toContain(JSON.stringify(SCHEMA));
      expect(messagesOf(exchange).at(-1)?.content).toBe('Plan a trip\n\nAnswer with JSON only.');
      expect(parts.progress).toMatchObject({ text: '{"score": 4}', parsed: { score: 4 }, formatError: null });
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
      expect(parts.progress).toMatchObject({ text: '{"score": 5}', parsed: { score: 5 }, formatError: null });
      expect(parts.told.text).toBe('{"score": 9}');
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

      expect(parts.progress).toMatchObject({ text: 'A four.', parsed: null });
      expect(parts.progress.formatError).toContain(problem);
    });

    it('is not asked of a manager who plans', async () => {
      const turn = speak(agent, { turnTask: { kind: 'plan' } });
      const exchange = await answer('First this.');
      await turn;

      expect(exchange.body).not.toHaveProperty('format');
      expect(parts.progress).toMatchObject({ text: 'First this.', parsed: null });
    });
  });

  describe('a ballot', () => {
    const ballot = { options: ['Ann', 'Bob', 'Cem'], isRanked: false, mayAbstain: false };
    const task: TurnTask = { kind: 'ballot', instruction: 'Whose plan is best?', ballot };

    it('is one of the options, and told when it has been read', async () => {
      const turn = speak(agentNamed('Ann', { response_format: SCHEMA }), { turnTask: task });
      const exchange = await parts.server.next();
      exchange.piece({ thinking: 'Bob is good.' }).piece('{"vote": ').piece('"Bob"}').done();
      await turn;

      expect(exchange.body).toMatchObject({ format: { properties: { vote: { enum: ballot.options } } } });
      expect(messagesOf(exchange).at(-1)?.content).toMatch(
        /\n\nWhose plan is best\?\n\nAnswer with JSON only/,
      );
      expect(parts.progress).toMatchObject({
        text: 'Vote: Bob',
        parsed: { ranking: ['Bob'] },
        formatError: null,
      });
      expect(parts.told).toEqual({ text: 'Vote: Bob', thinking: 'Bob is good.' });
    });

    it('does not take an echoed name for a vote', async () => {
      const turn = speak(undefined, { turnTask: task });
      await answer('Ann: Bob');
      await turn;

      expect(parts.progress.parsed).toEqual({ ranking: ['Bob'] });
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
      expect(parts.progress).toMatchObject({ text: 'Abstained.', parsed: { ranking: [] } });
      expect(parts.progress.formatError).toBe('The answer was empty.');
      expect(parts.told.text).toBe('Abstained.');
      expect(purposes()).toEqual(['reply', 'repair', 'repair']);
    });

    it('can be a ranking', async () => {
      const turn = speak(undefined, { turnTask: { kind: 'ballot', ballot: { ...ballot, isRanked: true } } });
      await answer('{"ranking": ["Cem", "Ann", "Bob"]}');
      await turn;

      expect(parts.progress).toMatchObject({
        text: 'Vote: Cem > Ann > Bob',
        parsed: { ranking: ['Cem', 'Ann', 'Bob'] },
      });
    });
  });
});
