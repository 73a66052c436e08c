import { said } from '../support/api';
import { anAgent, anExperiment } from '../support/factories';
import { withServer } from '../support/with-server';

describe('stop rules', () => {
  const server = withServer();
  const pair = { type: 'round_robin', participants: ['Guide', 'Critic'] };
  const run = (changes: Record<string, unknown>) =>
    server.run(anExperiment({ chat_rules: undefined, team: pair, ...changes }));

  it('breaks a turn off when the active seconds are used up, keeps its text, and ends well', async () => {
    await server.simulator.script({ text: 'The first answer.' }, { text: 'one two three four five six' });
    await server.simulator.control('hold', { afterTokens: 3, match: { system: 'You are Critic.' } });
    const { experiment, events } = await run({
      stop: {
        any: [
          { type: 'max_turns', turns: 9 },
          { type: 'active_seconds', seconds: 0.4 },
        ],
      },
    });
    const [conversation] = experiment.conversations;
    expect(experiment).toMatchObject({ state: 'completed', completed_runs: 1, error_code: null });
    expect(conversation?.endReason).toMatchObject({ type: 'active_seconds', turn: 1, rule: '/stop/any/1' });
    expect(said(conversation)).toEqual(['agent-2: Plan a trip', 'guide: The first answer.']);
    expect(events.find(({ type }) => type === 'turn.failed')).toMatchObject({
      code: 'ACTIVE_TIME_UP',
      turn: 2,
      will_retry: false,
    });
    const turns = await server.api.get(`/api/experiments/${experiment.experiment_id}/runs/1/turns`);
    expect(turns.body).toMatchObject({
      last_turn: 2,
      turns: [
        { turn: 1, state: 'completed', path: ['Guide'], choice: { method: 'round_robin' } },
        { turn: 2, state: 'failed', error_code: 'ACTIVE_TIME_UP', partial_text: 'one two three' },
      ],
    });
  });

  it('tells which rule held, after which turn, and what was met', async () => {
    await server.simulator.script({ text: 'I say BANANA.' }, { text: 'Then I say 42.' }, { text: 'Never.' });
    const { experiment, events } = await run({
      stop: {
        any: [
          { type: 'max_turns', turns: 9 },
          {
            all: [
              { type: 'text', text: 'BANANA', from: ['Guide'] },
              { type: 'pattern', pattern: String.raw`\d+` },
            ],
          },
        ],
      },
    });
    const reason = { type: 'all', turn: 2, rule: '/stop/any/1' };
    expect(experiment.conversations[0]?.endReason).toEqual(reason);
    expect(events.find(({ type }) => type === 'conversation.finished')).toMatchObject({ end_reason: reason });
  });

  it('are folds over what was said by agents: neither the task nor thinking meets them', async () => {
    await server.simulator.script(
      { text: '<think>Shall I say DONE?</think>Not yet.' },
      { text: 'Now DONE.' },
      { text: 'Never.' },
    );
    const { experiment } = await run({
      task: { id: 't', prompt: 'Say DONE when you are done' },
      stop: { type: 'text', text: 'DONE' },
    });
    expect(experiment.conversations[0]?.endReason).toEqual({
      type: 'text',
      turn: 2,
      rule: '/stop',
      detail: 'DONE',
    });
  });

  it('counts the tokens of all calls, those of the selector included', async () => {
    const { experiment } = await run({
      team: { type: 'selector', participants: ['Guide', 'Critic'], allow_repeated_speaker: true },
      stop: {
        any: [
          { type: 'tokens', total: 200 },
          { type: 'max_turns', turns: 50 },
        ],
      },
    });
    const [conversation] = experiment.conversations;
    expect(conversation?.endReason).toMatchObject({ type: 'tokens', rule: '/stop/any/0' });
    const { body } = await server.api.get(`/api/experiments/${experiment.experiment_id}/runs/1/turns`);
    const { turns } = body as { turns: { prompt_tokens: number; completion_tokens: number }[] };
    const totals = turns.map(({ prompt_tokens, completion_tokens }) => prompt_tokens + completion_tokens);
    const sum = totals.reduce((total, tokens) => total + tokens, 0);
    expect(sum).toBeGreaterThanOrEqual(200);
    expect(sum - (totals.at(-1) ?? 0)).toBeLessThan(200);
  });

  it('end a run while the last turn of a parallel step is made again', async () => {
    const names = ['Left', 'Right', 'Close'];
    const hold = (name: string) =>
      server.simulator.control('hold', { afterTokens: 2, match: { system: `You are ${name}.` } });
    await hold('Close');
    const id = await server.api.start(
      anExperiment({
        agents: names.map((name) => anAgent(name)),
        chat_rules: undefined,
        team: {
          type: 'graph',
          nodes: names.map((name) => ({ id: name })),
          edges: [
            { from: 'Left', to: 'Close' },
            { from: 'Right', to: 'Close' },
          ],
        },
        stop: { type: 'active_seconds', seconds: 1.5 },
      }),
    );
    await server.simulator.waitUntil('heldChats', 1);
    await server.api.post(`/api/experiments/${id}/pause`, { when: 'now' });
    await server.untilOver(id);
    await server.simulator.control('release');
    await hold('Right');
    await server.api.post(`/api/experiments/${id}/turns/last/regenerate`, {});
    const { experiment } = await server.untilOver(id);
    expect(experiment).toMatchObject({ state: 'completed', completed_runs: 1 });
    expect(experiment.conversations[0]?.endReason).toMatchObject({ type: 'active_seconds', rule: '/stop' });
    expect(said(experiment.conversations[0])).toHaveLength(2);
  });
});
