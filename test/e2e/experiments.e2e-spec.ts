import { said } from '../support/api';
import { anAgent, anExperiment } from '../support/factories';
import { PlainClient } from '../support/plain-client';
import { SocketWatcher } from '../support/socket-watcher';
import { withServer } from '../support/with-server';

describe('experiments', () => {
  const server = withServer();

  const untilOver = async (id: string) => (await server.untilOver(id)).experiment;

  /** Starts an experiment whose first turn stands still, with its text up to `afterTokens`. */
  const startHeld = async (changes: Record<string, unknown> = {}, afterTokens = 0) => {
    await server.simulator.control('hold', { afterTokens });
    const id = await server.api.start(anExperiment(changes));
    await server.simulator.waitUntil('heldChats', 1);
    return id;
  };

  describe('start', () => {
    it('answers as existing clients expect and stores what was asked', async () => {
      const request = anExperiment({
        task: { id: 'task-1', prompt: '  Plan a trip  ' },
        agents: [anAgent('Guide', { temperature: 0.3 }), anAgent('Critic')],
        chat_rules: { max_rounds: 2, team_type: 'round_robin' },
        seed: 7,
        timeout_seconds: 60,
        unknown_field: 'is ignored',
      });
      const { status, body } = await server.api.post<Record<string, unknown>>(
        '/api/experiments/start',
        request,
      );
      const id = String(body['experiment_id']);
      expect(status).toBe(200);
      expect(body).toEqual({
        experiment_id: id,
        status: 'started',
        websocket_url: `/ws/experiments/${id}`,
        state: 'running',
        queue_position: null,
      });

      expect(await untilOver(id)).toMatchObject({
        experiment_id: id,
        title: 'Plan a trip',
        status: 'completed',
        state: 'completed',
        conversation: null,
        error: null,
        error_code: null,
        task: { id: 'task-1', prompt: 'Plan a trip', datasetItems: null },
        chat_rules: { max_rounds: 2, team_type: 'round_robin', termination_condition: null },
        agents: [
          { id: 'guide', name: 'Guide', temperature: 0.3, options: {} },
          { id: 'critic', name: 'Critic', temperature: null, options: {} },
        ],
        iterations: 1,
        current_iteration: 1,
        seed: 7,
        timeout_seconds: 60,
        message_count: 3,
      });
    });

    it('takes numbers and booleans as lenient clients send them', async () => {
      const id = await server.api.start(
        anExperiment({
          iterations: '1',
          agents: [anAgent('Guide', { temperature: '0.5' as unknown as number }), anAgent('Critic')],
          chat_rules: { max_rounds: 2.0, allow_repeat_speaker: 'true' },
        }),
      );
      expect(await untilOver(id)).toMatchObject({ agents: [{ temperature: 0.5 }, {}], iterations: 1 });
    });

    it('makes one run of each dataset item', async () => {
      const id = await server.api.start(
        anExperiment({
          iterations: 9,
          task: { id: 't', prompt: 'Items', datasetItems: [{ task: 'One?', answer: '1' }, { task: 'Two?' }] },
        }),
      );
      const { conversations, iterations, task } = await untilOver(id);
      expect(iterations).toBe(2);
      expect(task.datasetItems).toEqual([
        { task: 'One?', answer: '1' },
        { task: 'Two?', answer: null },
      ]);
      expect(conversations.map(({ id: run, title, iteration }) => [run, title, iteration])).toEqual([
        [`${id}_1`, 'Dataset item 1', 1],
        [`${id}_2`, 'Dataset item 2', 2],
      ]);
      expect(conversations.map((run) => run.messages[0]?.content)).toEqual(['One?', 'Two?']);
    });

    it('cuts a long prompt to a title of 100 characters', async () => {
      const prompt = `${'😀'.repeat(100)}!`;
      const id = await server.api.start(
        anExperiment({ task: { id: 't', prompt }, agents: [anAgent('Solo')] }),
      );
      expect((await untilOver(id)).title).toBe(`${'😀'.repeat(100)}...`);
    });

    it('gives System an id that no agent has', async () => {
      const id = await server.api.start(
        anExperiment({ agents: [anAgent('A', { id: 'agent-1' }), anAgent('B', { id: 'agent-2' })] }),
      );
      const run = (await untilOver(id)).conversations[0];
      expect(run?.agents.map((agent) => agent.id)).toEqual(['agent-1', 'agent-2', 'agent-3']);
      expect(run?.messages[0]).toMatchObject({ agentId: 'agent-3', model: 'System', content: 'Plan a trip' });
      expect(run?.agents[2]).toMatchObject({ name: 'System', color: '#6366F1', model: 'System' });
    });

    it('works on many experiments at once', async () => {
      const ids = await Promise.all(
        Array.from({ length: 20 }, () => server.api.start(anExperiment({ iterations: 2 }))),
      );
      const experiments = await Promise.all(ids.map(untilOver));
      expect(experiments.map(({ completed_runs }) => completed_runs)).toEqual(ids.map(() => 2));
    });
  });

  it('shows a running experiment with what was said so far', async () => {
    await server.simulator.script({ text: 'First.' });
    await server.simulator.control('hold', { afterTokens: 0, match: { contains: 'First.' } });
    const id = await server.api.start(anExperiment({ iterations: 2 }));
    await server.simulator.waitUntil('heldChats', 1);
    const experiment = await server.api.experiment(id);
    expect(experiment).toMatchObject({
      status: 'running',
      state: 'running',
      current_iteration: 1,
      conversations: [],
    });
    expect(experiment.conversation).toMatchObject({ id, title: 'Live', experiment_id: id, iteration: null });
    expect(said(experiment.conversation)).toEqual(['agent-2: Plan a trip', 'guide: First.']);
    expect(await server.api.list()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ experiment_id: id, status: 'running', message_count: 2, agent_count: 2 }),
      ]),
    );
    await server.simulator.control('release');
    await untilOver(id);
  });

  it('lists experiments newest first', async () => {
    const first = await server.api.start(anExperiment());
    await untilOver(first);
    const second = await server.api.start(anExperiment());
    await untilOver(second);
    const ids = (await server.api.list()).map(({ experiment_id }) => experiment_id);
    expect(ids.indexOf(second)).toBeLessThan(ids.indexOf(first));
  });

  it('pages through the stored events', async () => {
    const id = await server.api.start(anExperiment());
    await untilOver(id);
    const all = await server.api.events(id);
    const page = await server.api.get<{ events: unknown[]; last_seq: number }>(
      `/api/experiments/${id}/events?after=2&limit=3`,
    );
    expect(page.body).toEqual({ events: all.slice(2, 5), last_seq: all.length });
  });

  it('answers the default chat rules in both spellings', async () => {
    const { status, body } = await server.api.get<Record<string, unknown>>(
      '/api/experiments/default-chat-rules',
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      max_rounds: 8,
      maxRounds: 8,
      team_type: 'round_robin',
      teamType: 'round_robin',
    });
    expect(body['selectorPrompt']).toEqual(body['selector_prompt']);
    expect(body['selectorPrompt']).toContain('{roles}');
  });

  describe('titles', () => {
    it('change at any time and are shown at once', async () => {
      const id = await startHeld();
      const whole = await server.api.experiment(id);
      const answer = await server.api.put(`/api/experiments/${id}`, {
        ...whole,
        title: ' Lisbon ',
        status: 'completed',
      });
      expect(answer).toMatchObject({ status: 200, body: { message: 'Experiment updated', id } });
      expect(await server.api.experiment(id)).toMatchObject({ title: 'Lisbon', status: 'running' });
      await server.simulator.control('release');
      await untilOver(id);
    });

    it('are not replaced by the one that the dashboard makes up on completion', async () => {
      const id = await server.api.start(anExperiment());
      await untilOver(id);
      await server.api.put(`/api/experiments/${id}`, { title: 'Mine' });
      for (const title of ['Experiment: Live', 'Experiment: Run 1', 'Experiment: Dataset item 3']) {
        await server.api.put(`/api/experiments/${id}`, {
          title,
          status: 'completed',
          completed_at: '2001-01-01',
        });
      }
      const experiment = await server.api.experiment(id);
      expect(experiment.title).toBe('Mine');
      expect(experiment.completed_at).not.toContain('2001');
      await server.api.put(`/api/experiments/${id}`, {});
      expect((await server.api.experiment(id)).title).toBe('Mine');
    });

    it.each([[null], [5], ['   '], ['x'.repeat(501)]])(
      'are refused when they are no usable text: %p',
      async (title) => {
        const id = await server.api.start(anExperiment());
        const answer = await server.api.put<{ detail: { loc: string[] }[] }>(`/api/experiments/${id}`, {
          title,
        });
        expect(answer.status).toBe(422);
        expect(answer.body.detail[0]?.loc).toEqual(['body', 'title']);
        expect((await untilOver(id)).title).toBe('Plan a trip');
      },
    );
  });

  describe('status', () => {
    it.each([
      ['completed', 'cancelled', 'completed', null],
      ['cancelled', 'cancelled', 'completed', null],
      ['error', 'error', 'error', 'Stopped by a client'],
    ])(
      '%s stops a running experiment, keeps what was said and frees the model',
      async (asked, state, status, error) => {
        await server.simulator.script({ tokens: ['Half ', 'of ', 'it'] });
        const id = await startHeld({}, 2);
        const answer = await server.api.put(`/api/experiments/${id}/status?status=${asked}`);
        expect(answer).toMatchObject({
          status: 200,
          body: { message: 'Status updated', status, state, changed: true },
        });
        await server.simulator.waitFor('chats.cancelled', 1);
        const experiment = await server.api.experiment(id);
        expect(experiment).toMatchObject({
          state,
          status,
          error,
          error_code: 'CANCELLED',
          conversation: null,
        });
        expect(experiment.completed_at).not.toBeNull();
        expect(said(experiment.conversations[0])).toEqual(['agent-2: Plan a trip']);
      },
    );

    it('never changes again once it is final, and a value that is seen already changes nothing', async () => {
      const held = await startHeld();
      expect((await server.api.put(`/api/experiments/${held}/status?status=running`)).body).toMatchObject({
        status: 'running',
        changed: false,
      });
      await server.simulator.control('release');
      const before = await untilOver(held);
      for (const status of ['running', 'pending', 'live', 'completed', 'cancelled', 'error']) {
        expect((await server.api.put(`/api/experiments/${held}/status?status=${status}`)).body).toMatchObject(
          {
            status: 'completed',
            changed: false,
          },
        );
      }
      expect(await server.api.experiment(held)).toEqual(before);
    });
  });

  describe('delete', () => {
    it('stops a running experiment, tells its watchers the end and removes everything', async () => {
      const id = await startHeld();
      const watcher = await SocketWatcher.connect(server.url);
      await watcher.subscribe(id, { after: 0 });
      const plain = await PlainClient.connect(server.url, `/ws/experiments/${id}`);
      const answer = await server.api.delete(`/api/experiments/${id}`);
      expect(answer).toMatchObject({ status: 200, body: { message: 'Experiment deleted' } });
      await server.simulator.waitFor('chats.cancelled', 1);
      expect((await plain.closed).code).toBe(1000);
      expect(plain.frames.all.at(-1)).toMatchObject({
        type: 'status',
        data: { experiment_id: id, status: 'completed', final: true },
      });
      await watcher.waitFor('experiment.removed');
      await watcher.waitFor('experiment.status', ({ state }) => state === 'cancelled');
      expect((await server.api.get(`/api/experiments/${id}`)).status).toBe(404);
      expect((await server.api.get(`/api/experiments/${id}/events`)).status).toBe(404);
      watcher.close();
    });

    it('removes a finished one', async () => {
      const id = await server.api.start(anExperiment());
      await untilOver(id);
      expect((await server.api.delete(`/api/experiments/${id}`)).status).toBe(200);
      expect((await server.api.list()).map(({ experiment_id }) => experiment_id)).not.toContain(id);
      expect((await server.api.delete(`/api/experiments/${id}`)).status).toBe(404);
    });
  });

  it('stops an experiment that uses up its time, and the model call with it', async () => {
    await server.simulator.control('hold', { afterTokens: 0 });
    const id = await server.api.start(anExperiment({ timeout_seconds: 0.2 }));
    await server.simulator.waitFor('chats.cancelled', 1);
    expect(await untilOver(id)).toMatchObject({
      status: 'error',
      error: 'experiment_timeout',
      error_code: 'EXPERIMENT_TIMEOUT',
      failed_runs: 1,
    });
  });

  it('keeps the runs that succeeded before the time was used up', async () => {
    await server.simulator.control('hold', { afterTokens: 0, match: { contains: 'Second?' } });
    const datasetItems = [{ task: 'First?' }, { task: 'Second?' }];
    const id = await server.api.start(
      anExperiment({
        task: { id: 't', prompt: 'p', datasetItems },
        timeout_seconds: 1,
        agents: [anAgent('Solo')],
      }),
    );
    const experiment = await untilOver(id);
    expect(experiment).toMatchObject({
      status: 'completed',
      error: null,
      error_code: 'EXPERIMENT_TIMEOUT',
      failed_runs: 1,
    });
    expect(experiment.conversations.map(({ errorCode }) => errorCode)).toEqual([null, 'EXPERIMENT_TIMEOUT']);
  });
});
