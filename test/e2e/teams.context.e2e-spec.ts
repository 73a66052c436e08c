import { anAgent, anExperiment } from '../support/factories';
import { choosing } from '../support/team-scripts';
import { withServer } from '../support/with-server';

describe('the context of models', () => {
  const server = withServer();
  /** A model of its own for each test: its window is the largest that was asked for since the start. */
  const agents = (model: string, num_ctx: number) =>
    ['Ann', 'Bob', 'Cem'].map((name) => anAgent(name, { model, options: { num_ctx, num_predict: 100 } }));
  const selector = { type: 'selector', participants: ['Ann', 'Bob', 'Cem'], max_turns: 4 };
  const long = (word: string) => `${word} `.repeat(150).trim();

  it('holds the question who speaks next, too: what was said is shortened, and that is told', async () => {
    await server.simulator.script(
      choosing('Bob'),
      { text: long('once') },
      choosing('Cem'),
      { text: long('twice') },
      choosing('Ann'),
      { text: 'Short.' },
      choosing('Bob'),
      { text: 'The end.' },
    );
    const { experiment, events } = await server.run(
      anExperiment({ agents: agents('gemma:2b', 512), chat_rules: undefined, team: selector }),
    );
    expect(experiment.conversations[0]?.endReason?.type).toBe('max_turns');
    const choices = events.flatMap((event) => (event.type === 'turn.started' ? [event.speaker] : []));
    expect(choices[0]).not.toHaveProperty('context');
    expect(choices[2]).toMatchObject({ context: { num_ctx: 512, cut_by_ollama: false } });
    expect(choices[2]?.context?.history_characters).toBeLessThan(8_000);
    const questions = (await server.simulator.requests()).filter(({ body }) => body.format !== undefined);
    expect(questions[2]?.body.messages.at(-1)?.content).toContain('twice');
    expect(questions.map(({ body }) => body.options['num_ctx'])).toEqual([512, 512, 512, 512]);
  });

  it('is too small for such a question under the policy fail: nothing is asked then', async () => {
    await server.simulator.script(choosing('Bob'), { text: long('once') }, choosing('Cem'), {
      text: long('twice'),
    });
    const { experiment } = await server.run(
      anExperiment({
        agents: agents('phi4-mini:3.8b', 600),
        chat_rules: undefined,
        team: selector,
        context_policy: 'fail',
      }),
    );
    const [run] = experiment.conversations;
    expect(run).toMatchObject({ state: 'error', errorCode: 'CONTEXT_OVERFLOW' });
    expect(run?.error).toMatch(/^The selector question has about \d+ tokens/);
  });
});
