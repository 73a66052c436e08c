import { type ControlResult, type TurnRegenerated } from '../../src/experiments/dto/control.dto';
import { type StoredEvent } from '../../src/live/event-types';
import { said } from '../support/api';
import { anAgent, anExperiment } from '../support/factories';
import { framesInOrder, shape } from '../support/frames';
import { DashboardView, PlainClient } from '../support/plain-client';
import { SocketWatcher } from '../support/socket-watcher';
import { storedRows } from '../support/stored-rows';
import { startApp } from '../support/test-app';
import { finished, withServer } from '../support/with-server';

const NAMES = ['one', 'two', 'three', 'four', 'five', 'six'];

/** Six items, three of them open side by side; two turns each. */
const aStudy = (changes: Record<string, unknown> = {}) =>
  anExperiment({
    task: { id: 't', prompt: 'Add', datasetItems: NAMES.map((name) => ({ task: `Item ${name}` })) },
    parallelism: 3,
    seed: 7,
    ...changes,
  });

const iterationsOf = (events: readonly StoredEvent[], type: StoredEvent['type']) =>
  events.flatMap((event) => (event.type === type && 'iteration' in event ? [event.iteration] : []));

const inOrder = (numbers: readonly number[]) => numbers.toSorted((one, other) => one - other);

/** The most runs that were open at the same time. */
function mostOpen(events: readonly StoredEvent[]): number {
  let open = 0;
  let most = 0;
  for (const { type } of events) {
    open += Number(type === 'conversation.started') - Number(type === 'conversation.finished');
    most = Math.max(most, open);
  }
  return most;
}

describe('runs side by side', () => {
  const server = withServer({ OLLAMA_NUM_PARALLEL: '3' });
  const hold = (item: string, more: Record<string, unknown> = {}) =>
    server.simulator.control('hold', { afterTokens: 0, match: { contains: `Item ${item}`, ...more } });
  const control = async (id: string, action: string, body: object = {}) => {
    const answer = await server.api.post<ControlResult>(`/api/experiments/${id}/${action}`, body);
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const watch = async (id: string) => {
    const watcher = await SocketWatcher.connect(server.url);
    await watcher.subscribe(id, { after: 0, deltas: false });
    return watcher;
  };
  const ended = (watcher: SocketWatcher, run: number) =>
    watcher.waitFor('conversation.finished', ({ iteration }) => iteration === run);
  const paused = (watcher: SocketWatcher) =>
    watcher.waitFor('experiment.status', ({ state }) => state === 'paused');

  it('begin in order, end in any, and existing clients see them in order throughout', async () => {
    await hold('one');
    const id = await server.api.start(aStudy());
    const watcher = await watch(id);
    const early = await PlainClient.connect(server.url, `/ws/experiments/${id}`);
    const page = new DashboardView(server.url, id);
    await page.mount();
    await ended(watcher, 6);

    // All runs but the first are over, and nobody who asks as before sees any of them.
    const meanwhile = await server.api.experiment(id);
    expect(meanwhile).toMatchObject({
      state: 'running',
      current_iteration: 1,
      completed_runs: 5,
      conversations: [],
      conversation: { messages: [{ content: 'Item one' }] },
    });
    expect((await server.api.list())[0]).toMatchObject({ experiment_id: id, current_iteration: 1 });
    const listed = await server.api.get(`/api/conversations/experiment/${id}`);
    expect(listed.body).toEqual({ conversations: [] });
    const late = await PlainClient.connect(server.url, `/ws/experiments/${id}`);
    const latePage = new DashboardView(server.url, id);
    await latePage.mount();
    await late.frames.waitFor(({ type }) => type === 'message');
    page.cut();

    await server.simulator.control('release');
    await Promise.all([watcher.untilOver(), early.closed, late.closed, page.over, latePage.over]);
    watcher.close();
    const experiment = await server.api.experiment(id);
    expect(experiment).toMatchObject({ state: 'completed', completed_runs: 6, current_iteration: 6 });
    const expected = framesInOrder(experiment);
    expect(early.frames.all.map(shape).slice(-expected.length + 1)).toEqual(expected.slice(1));
    expect(late.frames.all.map(shape)).toEqual(expected);
    for (const view of [page, latePage]) {
      expect(view.finished.map(said)).toEqual(experiment.conversations.map(said));
    }

    const events = await server.api.events(id);
    expect(watcher.events).toEqual(events);
    expect(iterationsOf(events, 'conversation.started')).toEqual([1, 2, 3, 4, 5, 6]);
    expect(iterationsOf(events, 'conversation.finished').at(-1)).toBe(1);
    const stats = (await server.simulator.stats()) as { maxActiveChats: number };
    expect(stats.maxActiveChats).toBeLessThanOrEqual(3);
  });

  it('say the same as one after the other', async () => {
    const { experiment: oneByOne } = await server.run(aStudy({ parallelism: 1 }));
    const { experiment, events } = await server.run(aStudy());
    expect(experiment.conversations.map(said)).toEqual(oneByOne.conversations.map(said));
    expect(mostOpen(events)).toBe(3);
  });

  it('tell of the number that existing clients see whenever it changes', async () => {
    await hold('one');
    await hold('three');
    const id = await server.api.start(aStudy());
    const watcher = await watch(id);
    await ended(watcher, 2);
    await server.simulator.control('release');
    await watcher.untilOver();
    watcher.close();
    let open: number[] = [];
    let last = 0;
    for (const event of watcher.events) {
      if (event.type === 'conversation.started') {
        open.push(event.iteration);
        last = event.iteration;
      } else if (event.type === 'conversation.finished') {
        open = open.filter((iteration) => iteration !== event.iteration);
      } else if (event.type === 'experiment.status' && event.state === 'running' && open.length > 0) {
        expect(event.current_iteration).toBe(open[0] ?? last);
      }
    }
    const told = watcher.events.flatMap((event) =>
      event.type === 'experiment.status' ? [event.current_iteration] : [],
    );
    expect(told).toEqual(inOrder(told));
    expect([told[0], told.at(-1)]).toEqual([0, 6]);
  });

  it('tell of failed runs in their place', async () => {
    await hold('one');
    await server.simulator.faults({
      fault: 'http_error',
      status: 500,
      match: { contains: 'Item two' },
      times: 'forever',
    });
    const id = await server.api.start(aStudy());
    const watcher = await watch(id);
    const client = await PlainClient.connect(server.url, `/ws/experiments/${id}`);
    await ended(watcher, 6);
    expect(client.frames.all.filter(({ data }) => data['status'] === 'error')).toEqual([]);
    await server.simulator.control('release');
    await client.closed;
    watcher.close();
    const experiment = await server.api.experiment(id);
    expect(experiment).toMatchObject({ state: 'completed', completed_runs: 5, failed_runs: 1 });
    const expected = framesInOrder(experiment);
    expect(client.frames.all.map(shape).slice(-expected.length + 1)).toEqual(expected.slice(1));
  });

  describe('pause', () => {
    it('before the next step of each run, and a resume takes all of them up again', async () => {
      for (const item of ['one', 'two', 'three']) {
        await hold(item);
      }
      const id = await server.api.start(aStudy());
      await server.simulator.waitUntil('heldChats', 3);
      expect(await control(id, 'pause')).toMatchObject({ state: 'pausing' });
      const watcher = await watch(id);
      await server.simulator.control('release');
      await paused(watcher);
      expect(inOrder(iterationsOf(watcher.events, 'turn.started'))).toEqual([1, 2, 3]);
      expect(watcher.events.filter(({ type }) => type === 'turn.failed')).toEqual([]);
      expect(await server.api.experiment(id)).toMatchObject({ pause_reason: 'user', completed_runs: 0 });
      await control(id, 'resume');
      await watcher.untilOver();
      watcher.close();
      const { experiment: undisturbed } = await server.run(aStudy({ parallelism: 1 }));
      const { conversations, completed_runs } = await server.api.experiment(id);
      expect(completed_runs).toBe(6);
      expect(conversations.map(said)).toEqual(undisturbed.conversations.map(said));
    });

    it('now breaks all of them off, also one that has left its step already', async () => {
      await hold('one');
      await hold('two');
      const id = await server.api.start(aStudy({ parallelism: 2 }));
      await server.simulator.waitUntil('heldChats', 2);
      expect(await control(id, 'pause', { when: 'now' })).toMatchObject({ state: 'paused' });
      await server.simulator.waitUntil('openConnections', 0);
      const failed = (await server.api.events(id)).filter(({ type }) => type === 'turn.failed');
      expect(failed).toMatchObject([{ code: 'PAUSED' }, { code: 'PAUSED' }]);
      await server.simulator.control('release');
      await control(id, 'resume');
      expect((await server.untilOver(id)).experiment.completed_runs).toBe(6);
    });

    it('that is taken back lets a run go on that had left already, while another one is still in its turn', async () => {
      await hold('two');
      const id = await server.api.start(aStudy({ parallelism: 2, chat_rules: { max_rounds: 60 } }));
      const watcher = await watch(id);
      await watcher.waitFor('message', ({ iteration }) => iteration === 1);
      await server.simulator.waitUntil('heldChats', 1);
      await control(id, 'pause');
      await server.simulator.waitUntil('activeChats', 1);
      const { length } = watcher.events;
      expect(await control(id, 'resume')).toMatchObject({ previous_state: 'pausing', state: 'running' });
      await watcher.received.waitFor(
        ({ name, payload }) =>
          name === 'message' && payload['iteration'] === 1 && Number(payload['seq']) > length,
      );
      expect((await server.simulator.stats())['heldChats']).toBe(1);
      watcher.close();
      await control(id, 'stop');
    });

    it('by a fault of one run: the others leave before their next steps', async () => {
      await hold('one');
      await hold('three');
      await server.simulator.faults({
        fault: 'reset_before_headers',
        match: { contains: 'Item two' },
        times: 'forever',
      });
      const id = await server.api.start(aStudy());
      const watcher = await watch(id);
      await watcher.waitFor('turn.failed', ({ iteration }) => iteration === 2);
      await server.simulator.control('release');
      await paused(watcher);
      const turns = watcher.events.flatMap((event) =>
        event.type === 'message' && event.message_seq > 1 ? [event.iteration] : [],
      );
      expect(inOrder(turns)).toEqual([1, 3]);
      expect(await server.api.experiment(id)).toMatchObject({
        pause_reason: 'ollama_away',
        error_code: 'OLLAMA_UNREACHABLE',
      });
      await server.simulator.reset();
      await control(id, 'resume');
      await watcher.untilOver();
      watcher.close();
      expect(await server.api.experiment(id)).toMatchObject({ completed_runs: 6, failed_runs: 0 });
    });
  });

  describe('stop', () => {
    it.each([
      ['excluded', ['completed', 'cancelled', 'cancelled', 'cancelled'], 1],
      ['counted', ['completed', 'completed', 'completed', 'cancelled'], 3],
      ['none', ['completed'], 1],
    ] as const)('with keep %s leaves the runs %j', async (keep, states, completedRuns) => {
      // The fourth is held in its first turn, the second and third in their second one.
      const second = { system: 'You are Critic.' };
      await hold('two', second);
      await hold('three', second);
      await hold('four');
      const id = await server.api.start(aStudy());
      const client = await PlainClient.connect(server.url, `/ws/experiments/${id}`);
      await server.simulator.waitUntil('heldChats', 3);
      // No run may end while the page asks for the experiment and for its frames side by side.
      const view = new DashboardView(server.url, id);
      await view.mount();
      expect(await control(id, 'stop', { keep })).toMatchObject({ changed: true, state: 'cancelled' });
      await server.simulator.waitUntil('openConnections', 0);
      await Promise.all([client.closed, view.over]);
      const experiment = await server.api.experiment(id);
      expect(experiment).toMatchObject({ state: 'cancelled', completed_runs: completedRuns, failed_runs: 0 });
      expect(experiment.conversations.map(({ state }) => state)).toEqual(states);
      expect(view.finished.map(said)).toEqual(experiment.conversations.map(said));
      expect(client.frames.all.map(shape).at(-1)).toMatchObject({ status: 'completed', closes: true });
      const events = await server.api.events(id);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      expect(events.at(-1)).toMatchObject({ type: 'experiment.status', state: 'cancelled' });
    });

    it('closes also runs that nobody works on', async () => {
      for (const item of ['one', 'two', 'three']) {
        await hold(item);
      }
      const id = await server.api.start(aStudy());
      await server.simulator.waitUntil('heldChats', 3);
      await control(id, 'pause', { when: 'now' });
      expect(await control(id, 'stop')).toMatchObject({ state: 'cancelled' });
      const { conversations, current_iteration } = await server.api.experiment(id);
      expect(conversations.map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'cancelled']);
      expect(current_iteration).toBe(3);
    });
  });

  it('make the last turn of the first open run again, and no turn of another', async () => {
    const second = { system: 'You are Critic.' };
    for (const item of ['one', 'two', 'three']) {
      await hold(item, second);
    }
    const id = await server.api.start(aStudy());
    const watcher = await watch(id);
    const view = new DashboardView(server.url, id);
    await view.mount();
    await server.simulator.waitUntil('heldChats', 3);
    await control(id, 'pause', { when: 'now' });
    await server.simulator.control('release');
    const { body } = await server.api.post<TurnRegenerated>(
      `/api/experiments/${id}/turns/last/regenerate`,
      undefined,
    );
    expect(body).toMatchObject({ changed: true, iteration: 1, turn: 1 });
    await watcher.waitFor('turn.discarded');
    await watcher.received.waitFor(
      ({ name, payload }) =>
        name === 'experiment.status' &&
        payload['state'] === 'paused' &&
        watcher.events.some(({ seq, type }) => type === 'turn.discarded' && seq < Number(payload['seq'])),
    );
    const since = watcher.events.findIndex(({ type }) => type === 'turn.discarded');
    expect(iterationsOf(watcher.events.slice(since), 'turn.started')).toEqual([1]);
    expect(iterationsOf(watcher.events.slice(since), 'message')).toEqual([1]);
    await control(id, 'resume');
    await Promise.all([watcher.untilOver(), view.over]);
    watcher.close();
    const experiment = await server.api.experiment(id);
    expect(experiment).toMatchObject({ completed_runs: 6, message_count: 18 });
    expect(view.finished.map(said)).toEqual(experiment.conversations.map(said));
  });

  it('end when the active time of their experiment is used up', async () => {
    for (const item of ['two', 'three', 'four']) {
      await hold(item);
    }
    const { experiment } = await server.run(aStudy({ timeout_seconds: 1 }));
    expect(experiment).toMatchObject({
      state: 'completed',
      error_code: 'EXPERIMENT_TIMEOUT',
      completed_runs: 1,
      failed_runs: 3,
    });
    expect(experiment.conversations.map(({ errorCode }) => errorCode)).toEqual([
      null,
      'EXPERIMENT_TIMEOUT',
      'EXPERIMENT_TIMEOUT',
      'EXPERIMENT_TIMEOUT',
    ]);
  });

  it('end by their own active seconds, which waiting for a slot does not use up', async () => {
    const oneSlot = await startApp(server.simulator.url, { OLLAMA_NUM_PARALLEL: '1' });
    await hold('two');
    const request = aStudy({
      chat_rules: undefined,
      team: { type: 'round_robin', participants: ['Guide', 'Critic'] },
      stop: {
        any: [
          { type: 'max_turns', turns: 2 },
          { type: 'active_seconds', seconds: 0.6 },
        ],
      },
    });
    const { experiment } = await finished(oneSlot, await oneSlot.api.start(request));
    expect(experiment.conversations.map(({ endReason }) => endReason?.type)).toEqual([
      'max_turns',
      'active_seconds',
      'max_turns',
      'max_turns',
      'max_turns',
      'max_turns',
    ]);
    const rows = storedRows<{ iteration: number; active_ms: number; last: number }>(
      oneSlot.dataDirectory,
      `SELECT iteration, active_ms, (SELECT MAX(t.active_ms) FROM turns t WHERE t.conversation_id = c.id) AS last
         FROM conversations c WHERE experiment_id = ? ORDER BY iteration`,
      experiment.experiment_id,
    );
    for (const { iteration, active_ms, last } of rows) {
      expect(active_ms).toBeGreaterThanOrEqual(last);
      expect(active_ms >= 600).toBe(iteration === 2);
    }
    await oneSlot.close();
  });

  it('are as many as the scheduler finds worth having open by default: with one model as many as there are slots', async () => {
    const { events } = await server.run(aStudy({ parallelism: undefined }));
    expect(mostOpen(events)).toBe(3);
    expect(iterationsOf(events, 'conversation.started')).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('of which many have ended when the first one does are told one by one, none left out', async () => {
    await hold('1.');
    const datasetItems = Array.from({ length: 150 }, (_, index) => ({ task: `Item ${index + 1}.` }));
    const id = await server.api.start(
      anExperiment({
        agents: [anAgent('Solo')],
        parallelism: 64,
        task: { id: 't', prompt: 'Add', datasetItems },
      }),
    );
    const watcher = await watch(id);
    const client = await PlainClient.connect(server.url, `/ws/experiments/${id}`);
    await ended(watcher, 150);
    await server.simulator.control('release');
    await client.closed;
    watcher.close();
    const expected = framesInOrder(await server.api.experiment(id));
    expect(client.frames.all.map(shape).slice(-expected.length + 1)).toEqual(expected.slice(1));
  });
});
