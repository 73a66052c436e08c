import { type ControlResult, type TurnRegenerated } from '../../src/experiments/dto/control.dto';
import { type ExperimentStarted } from '../../src/experiments/dto/experiment-answers.dto';
import { said } from '../support/api';
import { anAgent, anExperiment } from '../support/factories';
import { DashboardView } from '../support/plain-client';
import { SocketWatcher } from '../support/socket-watcher';
import { storedRows } from '../support/stored-rows';
import { startApp, type TestApp } from '../support/test-app';
import { finished, withServer } from '../support/with-server';

describe('control of an experiment', () => {
  const server = withServer();
  const control = async (id: string, action: string, body?: object, app: Pick<TestApp, 'api'> = server) => {
    const answer = await app.api.call<ControlResult>('POST', `/api/experiments/${id}/${action}`, body);
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const watch = async (id: string, app: Pick<TestApp, 'url'> = server) => {
    const watcher = await SocketWatcher.connect(app.url);
    await watcher.subscribe(id, { after: 0 });
    return watcher;
  };
  const isState = (wanted: string) => (payload: Record<string, unknown>) => payload['state'] === wanted;
  const fourTurns = (changes: Record<string, unknown> = {}) =>
    anExperiment({ chat_rules: { max_rounds: 4 }, ...changes });
  /** Starts an experiment whose first turn is held before its token of that number. */
  const startHeld = async (request: object, afterTokens = 2) => {
    await server.simulator.control('hold', { afterTokens });
    const id = await server.api.start(request);
    await server.simulator.waitUntil('heldChats', 1);
    return id;
  };

  describe('pause', () => {
    it('after the turn in progress: that turn is finished, the next is not begun, and a resume goes on from there', async () => {
      const id = await startHeld(fourTurns());
      expect(await control(id, 'pause')).toMatchObject({
        changed: true,
        previous_state: 'running',
        state: 'pausing',
        status: 'running',
      });
      expect(await control(id, 'pause')).toMatchObject({ changed: false, state: 'pausing' });
      const watcher = await watch(id);
      await server.simulator.control('release');
      await watcher.waitFor('experiment.status', isState('paused'));
      expect(watcher.events.filter(({ type }) => type === 'turn.started')).toHaveLength(1);
      expect(watcher.events.filter(({ type }) => type === 'turn.failed')).toEqual([]);
      expect(await server.api.experiment(id)).toMatchObject({
        status: 'running',
        state: 'paused',
        pause_reason: 'user',
        message_count: 2,
      });
      expect(await control(id, 'pause')).toMatchObject({ changed: false, state: 'paused' });

      expect(await control(id, 'resume')).toMatchObject({ changed: true, previous_state: 'paused' });
      await watcher.untilOver();
      expect(await control(id, 'resume')).toMatchObject({ changed: false, state: 'completed' });
      expect(await control(id, 'pause')).toMatchObject({ changed: false, state: 'completed' });
      const { conversations } = await server.api.experiment(id);
      expect(conversations[0]?.messages).toHaveLength(5);
      expect(watcher.events.map(({ seq }) => seq)).toEqual(watcher.events.map((_, index) => index + 1));
      watcher.close();
    });

    it('now: the call is aborted, the attempt is kept with the code PAUSED, and the turn is made again', async () => {
      const id = await startHeld(fourTurns());
      const watcher = await watch(id);
      await watcher.waitFor('turn.delta');
      expect(await control(id, 'pause', { when: 'now' })).toMatchObject({ changed: true, state: 'paused' });
      await server.simulator.waitUntil('openConnections', 0);
      await watcher.waitFor('experiment.status', isState('paused'));
      expect(watcher.events.at(-2)).toMatchObject({ type: 'turn.failed', code: 'PAUSED', will_retry: true });
      await server.simulator.control('release');
      await control(id, 'resume');
      await watcher.untilOver();
      const turns = storedRows<{ turn: number; attempt: number; state: string; partial_text: string | null }>(
        server.dataDirectory,
        'SELECT turn, attempt, state, partial_text FROM turns WHERE conversation_id = ? ORDER BY turn, attempt',
        `${id}_1`,
      );
      expect(turns.map(({ turn, attempt, state }) => [turn, attempt, state])).toEqual([
        [1, 1, 'failed'],
        [1, 2, 'completed'],
        [2, 1, 'completed'],
        [3, 1, 'completed'],
        [4, 1, 'completed'],
      ]);
      expect(turns[0]?.partial_text).toBeTruthy();
      expect(turns[1]?.partial_text).toBeNull();
      watcher.close();
    });

    it('now makes a pause that waits for its turn take effect at once', async () => {
      const id = await startHeld(fourTurns());
      await control(id, 'pause');
      expect(await control(id, 'pause', { when: 'now' })).toMatchObject({ changed: true, state: 'paused' });
    });

    it('is taken back by a resume before it takes effect', async () => {
      const id = await startHeld(fourTurns());
      await control(id, 'pause');
      expect(await control(id, 'resume')).toMatchObject({
        changed: true,
        previous_state: 'pausing',
        state: 'running',
      });
      await server.simulator.control('release');
      const { experiment } = await server.untilOver(id);
      expect(experiment).toMatchObject({ state: 'completed', message_count: 5 });
    });

    it('takes the same turns as an experiment that was not paused', async () => {
      const request = fourTurns({
        seed: 11,
        agents: [anAgent('Ann'), anAgent('Bob'), anAgent('Cem')],
        chat_rules: { max_rounds: 6, team_type: 'selector' },
      });
      const undisturbed = await server.run(request);
      const id = await startHeld(request, 0);
      const watcher = await watch(id);
      await control(id, 'pause', { when: 'now' });
      await server.simulator.control('release');
      for (let turn = 1; turn <= 3; turn += 1) {
        await control(id, 'resume');
        await watcher.waitFor('message', ({ message_seq }) => Number(message_seq) > turn);
        await control(id, 'pause', { when: 'now' });
      }
      await control(id, 'resume');
      await watcher.untilOver();
      watcher.close();
      const again = await server.api.experiment(id);
      expect(again.conversations.map(said)).toEqual(undisturbed.experiment.conversations.map(said));
    });

    it('between two runs leaves the next one to the resume', async () => {
      const id = await startHeld(anExperiment({ agents: [anAgent('Solo')], iterations: 2 }));
      await control(id, 'pause');
      const watcher = await watch(id);
      await server.simulator.control('release');
      await watcher.waitFor('experiment.status', isState('paused'));
      expect(await server.api.experiment(id)).toMatchObject({ completed_runs: 1, current_iteration: 1 });
      await control(id, 'resume');
      await watcher.untilOver();
      watcher.close();
      expect(await server.api.experiment(id)).toMatchObject({ state: 'completed', completed_runs: 2 });
    });

    it('does not count against the active time', async () => {
      const id = await startHeld(fourTurns({ timeout_seconds: 1.5 }));
      await control(id, 'pause', { when: 'now' });
      const { active_seconds: before } = await server.api.experiment(id);
      await server.simulator.control('release');
      await server.simulator.script({ text: 'Later.', delayMs: 1_600 });
      await server.run(anExperiment({ agents: [anAgent('Slow')] }));
      await control(id, 'resume');
      const { experiment } = await server.untilOver(id);
      expect(experiment).toMatchObject({ state: 'completed', error_code: null });
      expect(before).toBeLessThan(1.5);
      expect(experiment.active_seconds).toBeLessThan(1.5);
    });
  });

  describe('stop', () => {
    it.each([
      ['excluded', 'cancelled', 0],
      ['counted', 'completed', 1],
    ] as const)('with keep %s closes the run in progress as %s', async (keep, state, completedRuns) => {
      await server.simulator.control('hold', { afterTokens: 2, match: { last: 'Second' } });
      await server.simulator.script({ text: 'Second please' });
      const id = await server.api.start(fourTurns());
      await server.simulator.waitUntil('heldChats', 1);
      expect(await control(id, 'stop', { keep })).toMatchObject({
        changed: true,
        previous_state: 'running',
        state: 'cancelled',
        status: 'completed',
      });
      await server.simulator.waitUntil('openConnections', 0);
      expect(await control(id, 'stop', { keep })).toMatchObject({ changed: false, state: 'cancelled' });
      const experiment = await server.api.experiment(id);
      expect(experiment).toMatchObject({ state: 'cancelled', error: null, completed_runs: completedRuns });
      expect(experiment.conversations).toMatchObject([
        { state, endReason: keep === 'counted' ? { type: 'stopped', turn: 1 } : null },
      ]);
      expect(said(experiment.conversations[0])).toEqual(['agent-2: Plan a trip', 'guide: Second please']);
    });

    it('with keep none removes the run, and the stream still tells all that was said', async () => {
      await server.simulator.control('hold', { afterTokens: 2, match: { last: 'Second' } });
      await server.simulator.script({ text: 'Second please' });
      const id = await server.api.start(fourTurns());
      await server.simulator.waitUntil('heldChats', 1);
      const watcher = await watch(id);
      const view = new DashboardView(server.url, id);
      await view.mount();
      await control(id, 'stop', { keep: 'none' });
      await Promise.all([watcher.untilOver(), view.over]);
      watcher.close();
      expect(await server.api.experiment(id)).toMatchObject({ conversations: [], message_count: 0 });
      expect(view.finished).toEqual([]);
      expect(await server.api.events(id)).toEqual(watcher.events);
      expect(watcher.events.filter(({ type }) => type === 'message')).toHaveLength(2);
    });

    it.each(['queued', 'paused'])('ends an experiment that is %s', async (state) => {
      const app = await startApp(server.simulator.url, { MAX_RUNNING_EXPERIMENTS: '1' });
      await server.simulator.control('hold', { afterTokens: 1 });
      const first = await app.api.start(fourTurns());
      await server.simulator.waitUntil('heldChats', 1);
      let id = first;
      if (state === 'queued') {
        id = await app.api.start(fourTurns());
      } else {
        await control(id, 'pause', { when: 'now' }, app);
      }
      expect((await app.api.experiment(id)).state).toBe(state);
      expect(await control(id, 'stop', undefined, app)).toMatchObject({
        changed: true,
        previous_state: state,
        state: 'cancelled',
      });
      const { conversations } = await app.api.experiment(id);
      expect(conversations.map((run) => run.state)).toEqual(state === 'queued' ? [] : ['cancelled']);
      await app.close();
    });
  });

  describe('rerun', () => {
    it('of all runs says the same with the same seeds', async () => {
      const { experiment: first } = await server.run(anExperiment({ iterations: 2, seed: 3 }));
      const answer = await server.api.post<ExperimentStarted>(
        `/api/experiments/${first.experiment_id}/rerun`,
        {},
      );
      expect(answer).toMatchObject({ status: 200, body: { status: 'started' } });
      const { experiment: again } = await server.untilOver(answer.body.experiment_id);
      expect(again.experiment_id).not.toBe(first.experiment_id);
      expect(again).toMatchObject({
        rerun_of: first.experiment_id,
        seed: 3,
        iterations: 2,
        state: 'completed',
      });
      expect(again.conversations.map(said)).toEqual(first.conversations.map(said));
    });

    it('of the failed runs gives them the items and seeds that they had', async () => {
      const request = anExperiment({
        agents: [anAgent('Solo')],
        seed: 9,
        task: {
          id: 't',
          prompt: 'Add',
          datasetItems: [{ task: 'Item one' }, { task: 'Item two' }, { task: 'Item three' }],
        },
      });
      const { experiment: whole } = await server.run(request);
      await server.simulator.faults({
        fault: 'http_error',
        status: 500,
        match: { contains: 'Item two' },
        times: 'forever',
      });
      const { experiment: first } = await server.run(request);
      expect(first).toMatchObject({ state: 'completed', failed_runs: 1 });
      await server.simulator.reset();
      const { body } = await server.api.post<ExperimentStarted>(
        `/api/experiments/${first.experiment_id}/rerun`,
        { runs: 'failed' },
      );
      const { experiment: again } = await server.untilOver(body.experiment_id);
      expect(again).toMatchObject({ iterations: 1, completed_runs: 1 });
      expect(again.conversations[0]).toMatchObject({ title: 'Dataset item 2' });
      expect(said(again.conversations[0])).toEqual(said(whole.conversations[1]));
      const none = await server.api.post(`/api/experiments/${again.experiment_id}/rerun`, { runs: 'failed' });
      expect(none).toMatchObject({ status: 409, body: { code: 'STATE_CONFLICT' } });
    });

    it('makes one experiment for one Idempotency-Key', async () => {
      const { experiment } = await server.run(anExperiment());
      const again = () =>
        fetch(`${server.url}/api/experiments/${experiment.experiment_id}/rerun`, {
          method: 'POST',
          headers: { 'idempotency-key': 'once' },
        }).then((response) => response.json() as Promise<ExperimentStarted>);
      const first = await again();
      expect((await again()).experiment_id).toBe(first.experiment_id);
      await server.untilOver(first.experiment_id);
    });
  });

  describe('regenerate', () => {
    it('makes the last turn of a paused run again, then is paused again; old and new watchers agree', async () => {
      await server.simulator.script({ text: 'First answer.' }, { text: 'Second answer.' });
      await server.simulator.control('hold', { afterTokens: 0, match: { last: 'Second answer.' } });
      const id = await server.api.start(fourTurns());
      await server.simulator.waitUntil('heldChats', 1);
      const watcher = await watch(id);
      const view = new DashboardView(server.url, id);
      await view.mount();
      await control(id, 'pause', { when: 'now' });
      await server.simulator.control('release');
      await server.simulator.script({ text: 'A better answer.' });
      const answer = await server.api.post<TurnRegenerated>(
        `/api/experiments/${id}/turns/last/regenerate`,
        undefined,
      );
      expect(answer).toMatchObject({
        status: 200,
        body: { changed: true, previous_state: 'paused', iteration: 1, turn: 2 },
      });
      await watcher.waitFor(
        'message',
        ({ message }) => (message as { content: string }).content === 'A better answer.',
      );
      await watcher.received.waitFor(
        ({ name, payload }) =>
          name === 'experiment.status' && Number(payload['seq']) > 12 && payload['state'] === 'paused',
      );
      const { conversation, message_count } = await server.api.experiment(id);
      expect(said(conversation)).toEqual([
        'agent-2: Plan a trip',
        'guide: First answer.',
        'critic: A better answer.',
      ]);
      expect(message_count).toBe(3);
      await control(id, 'resume');
      await Promise.all([watcher.untilOver(), view.over]);
      watcher.close();
      const over = await server.api.experiment(id);
      expect(over.conversations[0]?.messages).toHaveLength(5);
      expect(view.finished.map(said)).toEqual(over.conversations.map(said));
      expect(await server.api.events(id)).toEqual(watcher.events);
      const texts = watcher.events.flatMap((event) =>
        event.type === 'message' ? [event.message.content] : [],
      );
      expect(texts).toContain('Second answer.');
      const prompts = (await server.simulator.requests()).map(({ body }) => JSON.stringify(body.messages));
      expect(prompts.at(-1)).not.toContain('Second answer.');
    });

    it('asks with another seed, so that the answer can differ', async () => {
      const id = await startHeld(anExperiment({ chat_rules: { max_rounds: 3 }, seed: 4 }));
      await control(id, 'pause');
      const watcher = await watch(id);
      await server.simulator.control('release');
      await watcher.waitFor('experiment.status', isState('paused'));
      await control(id, 'turns/last/regenerate');
      await watcher.received.waitFor(({ payload }) => payload['turn'] === 1 && payload['attempt'] === 2);
      await watcher.waitFor('message', ({ message_seq, seq }) => message_seq === 2 && Number(seq) > 8);
      watcher.close();
      const seeds = (await server.simulator.requests()).map(({ body }) => body.options['seed']);
      expect(new Set(seeds).size).toBe(2);
    });

    it('is refused unless the experiment is paused with a finished turn in an open run', async () => {
      const path = (id: string) => `/api/experiments/${id}/turns/last/regenerate`;
      const { experiment } = await server.run(anExperiment());
      const over = await server.api.post(path(experiment.experiment_id), undefined);
      expect(over).toMatchObject({
        status: 409,
        body: { code: 'STATE_CONFLICT', error: 'EXPERIMENT_ERROR' },
      });
      const id = await startHeld(anExperiment());
      await control(id, 'pause', { when: 'now' });
      expect((await server.api.post(path(id), undefined)).body).toMatchObject({ code: 'STATE_CONFLICT' });
      expect((await server.api.experiment(id)).state).toBe('paused');
    });
  });

  it.each(['pause', 'resume', 'stop', 'rerun', 'turns/last/regenerate'])(
    'answers 404 to %s of an experiment that does not exist, and 422 to a body that is wrong',
    async (action) => {
      const path = `/api/experiments/nope/${action}`;
      expect(await server.api.post(path, {})).toMatchObject({
        status: 404,
        body: { code: 'EXPERIMENT_NOT_FOUND' },
      });
      if (['pause', 'stop', 'rerun'].includes(action)) {
        expect((await server.api.post(path, { whenn: 'now', when: 7, keep: 'x', runs: [] })).status).toBe(
          422,
        );
      }
    },
  );

  describe('the limit of experiments that run at once', () => {
    it('lets the others wait with their position, in the order in which they came', async () => {
      const app = await startApp(server.simulator.url, { MAX_RUNNING_EXPERIMENTS: '2' });
      await server.simulator.control('hold', { afterTokens: 0 });
      const solo = anExperiment({ agents: [anAgent('Solo')] });
      const starts: ExperimentStarted[] = [];
      for (let count = 0; count < 5; count += 1) {
        starts.push((await app.api.post<ExperimentStarted>('/api/experiments/start', solo)).body);
      }
      expect(starts.map(({ state, queue_position }) => [state, queue_position])).toEqual([
        ['running', null],
        ['running', null],
        ['queued', 1],
        ['queued', 2],
        ['queued', 3],
      ]);
      const ids = starts.map(({ experiment_id }) => experiment_id);
      const listed = new Map((await app.api.list()).map((entry) => [entry.experiment_id, entry]));
      expect(ids.map((id) => listed.get(id)?.queue_position)).toEqual([null, null, 1, 2, 3]);
      expect(listed.get(ids[4] ?? '')).toMatchObject({ status: 'running', state: 'queued' });

      expect(await control(ids[2] ?? '', 'pause', undefined, app)).toMatchObject({ state: 'paused' });
      expect(await app.api.experiment(ids[4] ?? '')).toMatchObject({ queue_position: 2 });
      expect(await control(ids[2] ?? '', 'resume', undefined, app)).toMatchObject({
        state: 'queued',
        queue_position: 3,
      });
      await server.simulator.control('release');
      const over = await Promise.all(ids.map((id) => finished(app, id)));
      expect(over.map(({ experiment }) => experiment.state)).toEqual(Array(5).fill('completed'));
      const startedAt = await Promise.all(
        ids.map(
          async (id) =>
            (await app.api.events(id)).find(({ type }) => type === 'conversation.started')?.created_at,
        ),
      );
      const times = [3, 4, 2].map((index) => Date.parse(startedAt[index] ?? ''));
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      await app.close();
    });
  });
});
