import { said } from '../support/api';
import { anAgent, anExperiment } from '../support/factories';
import { type FinishedExperiment, withServer } from '../support/with-server';

describe('teams', () => {
  const server = withServer();

  const run = (changes: Record<string, unknown>) => server.run(anExperiment(changes));
  const three = [anAgent('Ann'), anAgent('Bob'), anAgent('Cem')];
  const speakers = (events: FinishedExperiment['events']) =>
    events.flatMap((event) => (event.type === 'turn.started' ? [event.agent_name] : []));

  it('round robin: everybody in turn, each with the prompt of decision 14', async () => {
    await server.simulator.script(
      { text: 'From Ann.' },
      { text: 'From Bob.' },
      { text: 'From Cem.' },
      { text: 'Ann again.' },
    );
    const { experiment, events } = await run({ agents: three, chat_rules: { max_rounds: 4 } });
    expect(speakers(events)).toEqual(['Ann', 'Bob', 'Cem', 'Ann']);
    expect(said(experiment.conversations[0])).toEqual([
      'agent-3: Plan a trip',
      'ann: From Ann.',
      'bob: From Bob.',
      'cem: From Cem.',
      'ann: Ann again.',
    ]);
    expect(experiment.conversations[0]?.endReason).toEqual({ type: 'max_turns', turn: 4 });
    const requests = await server.simulator.requests();
    expect(requests[3]?.body.messages).toEqual([
      { role: 'system', content: 'You are Ann.' },
      { role: 'user', content: 'Plan a trip' },
      { role: 'assistant', content: 'From Ann.' },
      { role: 'user', content: 'Bob: From Bob.\n\nCem: From Cem.' },
    ]);
    expect(requests[3]?.body.options['stop']).toEqual(expect.arrayContaining(['\nBob:', '\nCem:']));
  });

  it('a single agent gives exactly one reply, whatever the rules say', async () => {
    const { experiment } = await run({
      agents: [anAgent('Solo')],
      chat_rules: { max_rounds: 9, team_type: 'selector' },
    });
    expect(experiment.conversations[0]?.messages).toHaveLength(2);
    expect(experiment.conversations[0]?.endReason).toEqual({ type: 'single_reply', turn: 1 });
  });

  it('stops after the message that contains the termination text, but not for a prompt that does', async () => {
    await server.simulator.script(
      { text: 'Not done yet.' },
      { text: 'Now it is DONE, I think.' },
      { text: 'Never said.' },
    );
    const { experiment } = await run({
      task: { id: 't', prompt: 'Say DONE at the end' },
      chat_rules: { max_rounds: 8, termination_condition: 'DONE' },
    });
    expect(experiment.conversations[0]?.messages.map(({ content }) => content)).toEqual([
      'Say DONE at the end',
      'Not done yet.',
      'Now it is DONE, I think.',
    ]);
    expect(experiment.conversations[0]?.endReason).toEqual({ type: 'termination', turn: 2, detail: 'DONE' });
  });

  it('an empty answer uses up a turn but is no message', async () => {
    await server.simulator.script({ text: '' }, { text: 'Something.' });
    const { experiment, events } = await run({});
    expect(said(experiment.conversations[0])).toEqual(['agent-2: Plan a trip', 'critic: Something.']);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'turn.failed',
        code: 'EMPTY_ANSWER',
        agent_name: 'Guide',
        will_retry: false,
      }),
    );
    expect(experiment.status).toBe('completed');
  });

  it('cleans what a weak model says: its own name, other speakers, thinking in the text', async () => {
    await server.simulator.script(
      { text: '<think>Hm, what now?</think>Guide: Let us begin.', speaker: 'Guide' },
      { text: 'Good idea.\nGuide: Thank you.\nCritic: Welcome.' },
    );
    const { experiment } = await run({});
    expect(said(experiment.conversations[0])).toEqual([
      'agent-2: Plan a trip',
      'guide: Let us begin.',
      'critic: Good idea.',
    ]);
  });

  it('selector: the model chooses among the candidates, constrained, without thinking, at temperature 0', async () => {
    const isSelector = { system: 'decide who speaks next' };
    await server.simulator.script(
      { match: isSelector, text: '{"next_speaker":"Cem"}' },
      { text: 'From Cem.' },
      { match: isSelector, text: '{"next_speaker":"Ann"}' },
      { text: 'From Ann.' },
      { match: isSelector, text: '{"next_speaker":"Bob"}' },
      { text: 'From Bob.' },
    );
    const { experiment, events } = await run({
      agents: three,
      chat_rules: {
        max_rounds: 3,
        team_type: 'selector',
        selector_prompt: '{{roles}}\n{history}\nOf {participants} {other}',
      },
    });
    expect(speakers(events)).toEqual(['Cem', 'Ann', 'Bob']);
    expect(experiment.status).toBe('completed');
    expect(events.find(({ type }) => type === 'turn.started')).toMatchObject({
      speaker: {
        method: 'selector',
        candidates: ['Ann', 'Bob', 'Cem'],
        attempts: 1,
        raw: '{"next_speaker":"Cem"}',
      },
    });
    const questions = (await server.simulator.requests()).filter(({ body }) => body.format !== undefined);
    expect(questions).toHaveLength(3);
    expect(questions[1]?.body).toMatchObject({
      options: { temperature: 0 },
      format: { properties: { next_speaker: { enum: ['Ann', 'Bob'] } } },
    });
    const text = questions[1]?.body.messages[1]?.content ?? '';
    expect(text).toContain('Ann: You are Ann.\nBob: You are Bob.\nCem: You are Cem.');
    expect(text).toContain('Cem: From Cem.');
    expect(text).toContain("Of ['Ann', 'Bob'] {other}");
  });

  it('selector: asks again after a useless answer, then falls back to the next in order and says so', async () => {
    const isSelector = { system: 'decide who speaks next' };
    await server.simulator.script(
      { match: isSelector, text: 'Ann or Bob, both are fine' },
      { match: isSelector, text: '' },
      { match: isSelector, text: '{"next_speaker":"Nobody"}' },
    );
    const { events } = await run({ agents: three, chat_rules: { max_rounds: 3, team_type: 'selector' } });
    expect(events.find(({ type }) => type === 'turn.started')).toMatchObject({
      agent_name: 'Ann',
      speaker: { method: 'fallback', attempts: 3, raw: '{"next_speaker":"Nobody"}' },
    });
    const [, second] = (await server.simulator.requests()).filter(({ body }) => body.format !== undefined);
    expect(second?.body.messages.at(-1)?.content).toContain('more than one');
  });

  it('selector: two agents without repeats are asked for once only', async () => {
    const { events } = await run({ chat_rules: { max_rounds: 4, team_type: 'selector' } });
    const methods = events.flatMap((event) => (event.type === 'turn.started' ? [event.speaker.method] : []));
    expect(methods).toEqual(['selector', 'only_candidate', 'only_candidate', 'only_candidate']);
  });

  it('selector: max_consecutive_auto_reply limits the turns that one agent takes in a row', async () => {
    const isSelector = { system: 'decide who speaks next' };
    await server.simulator.script({ match: isSelector, text: '{"next_speaker":"Ann"}', times: 'forever' });
    const { events } = await run({
      agents: three,
      chat_rules: {
        max_rounds: 4,
        team_type: 'selector',
        allow_repeat_speaker: true,
        max_consecutive_auto_reply: 2,
      },
    });
    expect(speakers(events).slice(0, 2)).toEqual(['Ann', 'Ann']);
    expect(speakers(events)[2]).not.toBe('Ann');
  });

  it('repeats itself with the same seed', async () => {
    const changes = {
      agents: three,
      chat_rules: { max_rounds: 4, team_type: 'selector', allow_repeat_speaker: true },
      seed: 11,
    };
    const first = await run(changes);
    const second = await run(changes);
    expect(second.experiment.conversations.map(said)).toEqual(first.experiment.conversations.map(said));
    const requests = await server.simulator.requests();
    const seeds = requests.map(({ body }) => body.options['seed']);
    expect(seeds.slice(0, seeds.length / 2)).toEqual(seeds.slice(seeds.length / 2));
  });

  it('asks each model with its options, num_ctx one value for all who use it', async () => {
    await run({
      agents: [
        anAgent('Ann', {
          temperature: 0.2,
          options: { num_ctx: 2048, top_p: 0.5, stop: ['END'], keep_alive: '300' },
        }),
        anAgent('Bob', { model: 'qwen3:8b', options: { think: false, num_predict: 5, min_p: 0.1 } }),
      ],
    });
    const [ann, bob] = await server.simulator.requests();
    expect(ann?.body).toMatchObject({
      keep_alive: 300,
      options: { temperature: 0.2, top_p: 0.5, num_predict: 2048 },
    });
    expect(ann?.body.options['stop']).toContain('END');
    expect(ann?.body.think).toBeUndefined();
    expect(bob?.body).toMatchObject({
      think: false,
      keep_alive: '10m',
      options: { temperature: 0.7, num_predict: 5, min_p: 0.1, num_ctx: 8192 },
    });
    expect(ann?.headers['authorization']).toBe('Bearer ollama');
  });
});
