import { failureOf } from '../ollama/testing/failure-of';
import { AgentTurns, newProgress } from './agent-turns';
import { agentNamed, messagesOf, said, usingAgentTurns } from './testing/using-agent-turns';

describe(AgentTurns.name, () => {
  const parts = usingAgentTurns();
  const { speak, answer, forget } = parts;

  describe('a reply', () => {
    it('is what the model says, cleaned, told as it comes', async () => {
      const turn = speak();
      const exchange = await parts.server.next();
      exchange.piece({ thinking: 'Hm.' }).piece('Ann: To Rome!\nBob: No.').done();
      await turn;

      expect(parts.told).toEqual({ text: 'To Rome!', thinking: 'Hm.' });
      expect(parts.progress).toMatchObject({
        ...newProgress(),
        text: 'To Rome!',
        thinking: 'Hm.',
        calls: [{}],
      });
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
      expect(parts.progress.context).toEqual({
        estimated_tokens: expect.any(Number),
        num_ctx: 800,
        dropped_messages: 4,
        dropped_tokens: expect.any(Number),
        cut_by_ollama: false,
      });
      expect(parts.progress.context?.estimated_tokens).toBeLessThanOrEqual(700);
      expect(parts.progress.context?.dropped_tokens).toBeGreaterThan(400);
    });

    it('fails with the numbers before anything is sent, where the policy says so', async () => {
      const failure = await failureOf(speak(small, { history, contextPolicy: 'fail' }));

      expect(failure).toMatchObject({
        code: 'CONTEXT_OVERFLOW',
        message: expect.stringMatching(
          /prompt of Ann has about 1\d\d\d tokens, but of the 800 of tiny it may use 700/,
        ),
      });
      expect(parts.server.seen).not.toContain('POST /api/chat');
    });

    it('fails when task and last message alone are too long: nothing is cut silently', async () => {
      const failure = await failureOf(speak(small, { history, task: 'x'.repeat(2_800) }));

      expect(failure).toMatchObject({
        code: 'CONTEXT_OVERFLOW',
        message: expect.stringContaining('Even without'),
      });
      expect(parts.server.seen).not.toContain('POST /api/chat');
    });

    it('is known by what the model counted before', async () => {
      const agent = agentNamed('Ann', { options: { num_ctx: 800, num_predict: 100 } });
      const short = history.slice(0, 5);
      for (let call = 0; call < 4; call += 1) {
        const turn = speak(agent, { history: short });
        await answer('x', { prompt_eval_count: 780 });
        await turn;
      }
      forget();
      const turn = speak(agent, { history: short });
      await answer('x');
      await turn;

      expect(parts.progress.context?.dropped_messages).toBeGreaterThan(0);
    });

    it('is marked when the count of Ollama shows that it cut by itself', async () => {
      const turn = speak(small, { history: history.slice(0, 6) });
      await answer('x', { prompt_eval_count: 400 });
      await turn;

      expect(parts.progress.context).toMatchObject({
        dropped_messages: 0,
        num_ctx: 800,
        cut_by_ollama: true,
      });
    });

    it('leaves no mark when everything was there', async () => {
      const turn = speak(small, { history: history.slice(0, 6) });
      await answer('x', { prompt_eval_count: 610 });
      await turn;

      expect(parts.progress.context).toBeNull();
    });
  });

  it('passes on what a call fails with, with what was said so far', async () => {
    const outcome = failureOf(speak());
    (await parts.server.next()).piece('To Ro').raw('garbage\n');

    expect(await outcome).toMatchObject({ code: 'BAD_STREAM' });
    expect(parts.progress.text).toBe('To Ro');
  });
});
