import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { type ControlResult } from '../../src/experiments/dto/control.dto';
import { said } from '../support/api';
import { anAgent, anExperiment } from '../support/factories';
import { DashboardView } from '../support/plain-client';
import { SocketWatcher } from '../support/socket-watcher';
import { storedRows } from '../support/stored-rows';
import { startServer } from '../support/test-app';
import { finished } from '../support/with-server';
import { withDataFolder } from '../support/with-data-folder';

type Server = Awaited<ReturnType<typeof startServer>>;

describe('a server that is killed', () => {
  const around = withDataFolder();
  const start = (env: Record<string, string> = {}) => startServer(around.simulator.url, around.folder, env);
  const watch = async (server: Server, id: string, after = 0) => {
    const watcher = await SocketWatcher.connect(server.url);
    await watcher.subscribe(id, { after });
    return watcher;
  };
  const states = async (server: Server, ids: readonly string[]) =>
    Promise.all(ids.map(async (id) => (await server.api.experiment(id)).state));

  it.each([0, 1, 5])(
    'has all that it announced when it comes back, and goes on from the last finished turn (killed in turn %i of the second run)',
    async (turn) => {
      const server = await start();
      const request = anExperiment({ iterations: 3, chat_rules: { max_rounds: 6 }, seed: 21 });
      const undisturbed = await finished(server, await server.api.start(request));
      const id = await server.api.start(request);
      const watcher = await watch(server, id);
      await watcher.waitFor(
        'message',
        ({ iteration, message_seq }) => iteration === 2 && Number(message_seq) > turn,
      );
      expect(await server.stop('SIGKILL')).toBeNull();
      const announced = watcher.events;
      watcher.close();
      // The page asks for the experiment and for its frames side by side: no run may end between the two.
      await around.simulator.control('hold', { afterTokens: 0 });

      const again = await start();
      await around.simulator.waitUntil('heldChats', 1);
      const back = await watch(again, id, announced.length);
      const page = new DashboardView(again.url, id);
      await page.mount();
      await around.simulator.control('release');
      await Promise.all([back.untilOver(), page.over]);
      const stored = await again.api.events(id);
      expect([...announced, ...back.events]).toEqual(stored);
      expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, index) => index + 1));
      back.close();

      const experiment = await again.api.experiment(id);
      expect(experiment).toMatchObject({
        state: 'completed',
        completed_runs: 3,
        failed_runs: 0,
        error: null,
      });
      expect(experiment.conversations.map(said)).toEqual(undisturbed.experiment.conversations.map(said));
      expect(page.finished.map(said)).toEqual(experiment.conversations.map(said));
      const ids = experiment.conversations.flatMap((run) => run.messages.map((message) => message.id));
      expect(new Set(ids).size).toBe(21);
      expect(experiment.message_count).toBe(21);
      expect(await again.stop()).toBe(0);
    },
  );

  it('keeps the text of the turn in progress as a failed attempt and makes the turn again, by the same speaker', async () => {
    await around.simulator.control('hold', { afterTokens: 4 });
    const server = await start({ TURN_CHECKPOINT_SECONDS: '0.05' });
    const id = await server.api.start(anExperiment());
    await around.simulator.waitUntil('heldChats', 1);
    const partial = () =>
      storedRows<{ partial_text: string | null }>(
        around.folder,
        'SELECT partial_text FROM turns WHERE conversation_id = ?',
        `${id}_1`,
      )[0]?.partial_text;
    while (!partial()) {
      await around.simulator.stats();
    }
    await server.stop('SIGKILL');
    const kept = partial();
    await around.simulator.control('release');

    const again = await start();
    const { events } = await finished(again, id);
    expect(events.filter(({ type }) => type === 'turn.failed')).toMatchObject([
      {
        code: 'INTERRUPTED',
        turn: 1,
        attempt: 1,
        will_retry: true,
        agent_name: 'Guide',
        model: 'llama3.2:3b',
      },
    ]);
    const turns = storedRows<Record<string, unknown>>(
      around.folder,
      'SELECT turn, attempt, speaker, state, partial_text FROM turns WHERE conversation_id = ? ORDER BY turn, attempt',
      `${id}_1`,
    );
    expect(turns).toEqual([
      { turn: 1, attempt: 1, speaker: 'Guide', state: 'failed', partial_text: kept },
      { turn: 1, attempt: 2, speaker: 'Guide', state: 'completed', partial_text: null },
      { turn: 2, attempt: 1, speaker: 'Critic', state: 'completed', partial_text: null },
    ]);
    await again.stop();
  });

  it('loses no experiment that it accepted: what ran and what waited is taken up in its order', async () => {
    await around.simulator.control('hold', { afterTokens: 0 });
    const server = await start({ MAX_RUNNING_EXPERIMENTS: '3' });
    const ids: string[] = [];
    for (let count = 0; count < 8; count += 1) {
      ids.push(await server.api.start(anExperiment({ agents: [anAgent('Solo')] })));
    }
    await server.stop('SIGKILL');
    const again = await start({ MAX_RUNNING_EXPERIMENTS: '2' });
    const found = new Map((await again.api.list()).map((entry) => [entry.experiment_id, entry]));
    expect(ids.map((id) => found.get(id)?.queue_position)).toEqual([null, null, 1, 2, 3, 4, 5, 6]);
    await around.simulator.control('release');
    const over = await Promise.all(ids.map((id) => finished(again, id)));
    expect(over.map(({ experiment }) => experiment.state)).toEqual(Array(8).fill('completed'));
    await again.stop();
  });

  it('is true to what was asked for before: a pause, a stop, a paused and a queued experiment', async () => {
    await around.simulator.control('hold', { afterTokens: 1 });
    const server = await start({ MAX_RUNNING_EXPERIMENTS: '2' });
    const [pausing = '', paused = '', queued = ''] = await Promise.all(
      Array.from({ length: 3 }, () => server.api.start(anExperiment())),
    );
    await server.api.post(`/api/experiments/${paused}/pause`, { when: 'now' });
    await around.simulator.waitUntil('heldChats', 1);
    await server.api.post(`/api/experiments/${pausing}/pause`, {});
    const before = await states(server, [pausing, paused, queued]);
    await server.stop('SIGKILL');
    const again = await start();
    const after = await states(again, [pausing, paused, queued]);
    expect(before.toSorted()).toEqual(['paused', 'pausing', 'running']);
    expect(after.map((state, index) => [before[index], state])).toEqual(
      before.map((state) => [state, state === 'running' ? 'running' : 'paused']),
    );
    await again.stop();
  });

  it('with RESUME_ON_START=false pauses what was unfinished, and a client lets it go on', async () => {
    await around.simulator.control('hold', { afterTokens: 1 });
    const server = await start({ MAX_RUNNING_EXPERIMENTS: '1' });
    const ids = [await server.api.start(anExperiment()), await server.api.start(anExperiment())];
    await around.simulator.waitUntil('heldChats', 1);
    await server.stop('SIGKILL');
    await around.simulator.control('release');
    const again = await start({ RESUME_ON_START: 'false' });
    for (const id of ids) {
      expect(await again.api.experiment(id)).toMatchObject({
        status: 'running',
        state: 'paused',
        pause_reason: 'interrupted',
      });
      await again.api.post(`/api/experiments/${id}/resume`, {});
      expect((await finished(again, id)).experiment.state).toBe('completed');
    }
    await again.stop();
  });

  it('runs what may be the cause of its end alone, and gives up what ends it again and again as CRASH_LOOP', async () => {
    await around.simulator.control('hold', { afterTokens: 0 });
    const solo = anExperiment({ agents: [anAgent('Solo')] });
    const change = (text: string) => {
      const file = new SqliteFile(join(around.folder, 'llama-herd.sqlite'));
      file.exec(text);
      file.close();
    };
    let server = await start();
    const ids = [await server.api.start(solo), await server.api.start(solo)];
    await around.simulator.waitUntil('heldChats', 1);
    await server.stop('SIGKILL');
    // As if it had happened before: without a new turn, this is the second time.
    change('UPDATE experiments SET crash_starts = 1');

    server = await start();
    await around.simulator.waitUntil('heldChats', 1);
    expect(await states(server, ids)).toEqual(['running', 'queued']);
    await server.stop('SIGKILL');
    // And this the third time that it happens while the first one runs alone.
    change("UPDATE experiments SET alone_crashes = 2 WHERE state = 'running'");

    server = await start();
    await around.simulator.waitUntil('heldChats', 1);
    expect(await states(server, ids)).toEqual(['error', 'running']);
    expect(await server.api.experiment(ids[0] ?? '')).toMatchObject({
      status: 'error',
      error_code: 'CRASH_LOOP',
      failed_runs: 1,
    });
    await around.simulator.control('release');
    expect((await finished(server, ids[1] ?? '')).experiment.state).toBe('completed');
    await server.stop();
  });

  it('lets suspects finish one turn each alone, then all run', async () => {
    await around.simulator.control('hold', { afterTokens: 0 });
    let server = await start();
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      ids.push(await server.api.start(anExperiment()));
    }
    await around.simulator.waitUntil('heldChats', 1);
    await server.stop('SIGKILL');
    const file = new SqliteFile(join(around.folder, 'llama-herd.sqlite'));
    file.exec('UPDATE experiments SET crash_starts = 1');
    file.close();
    await around.simulator.control('release');

    server = await start();
    const over = await Promise.all(ids.map((id) => finished(server, id)));
    expect(over.map(({ experiment }) => experiment.state)).toEqual(Array(3).fill('completed'));
    // One turn of each before the second turn of any.
    const order = storedRows<{ turn: number }>(
      around.folder,
      "SELECT turn FROM turns WHERE state = 'completed' ORDER BY finished_at, rowid",
    ).map(({ turn }) => turn);
    expect(order.slice(0, 3)).toEqual([1, 1, 1]);
    await server.stop();
  });

  it('keeps a second server out of its data', async () => {
    const server = await start();
    await expect(start()).rejects.toThrow(/Another server uses the data directory/);
    await server.stop();
  });
});

describe('a server that is told to stop', () => {
  const around = withDataFolder();
  const start = (env: Record<string, string>) => startServer(around.simulator.url, around.folder, env);

  it('is not ready at once, tells watchers, lets the turn in progress finish and ends with 0; the rest is taken up later', async () => {
    await around.simulator.control('hold', { afterTokens: 2 });
    const server = await start({ SHUTDOWN_GRACE_SECONDS: '10' });
    const id = await server.api.start(anExperiment({ chat_rules: { max_rounds: 3 } }));
    const watcher = await SocketWatcher.connect(server.url);
    await watcher.subscribe(id, { after: 0 });
    await around.simulator.waitUntil('heldChats', 1);
    const exit = server.stop('SIGTERM');
    await watcher.waitFor('server.closing');
    expect(await server.api.get('/health/ready')).toMatchObject({ status: 503, body: { status: 'closing' } });
    const late = await server.api.post<{ experiment_id: string; state: string }>(
      '/api/experiments/start',
      anExperiment(),
    );
    expect(late.body.state).toBe('queued');
    await around.simulator.control('release');
    expect(await exit).toBe(0);
    await watcher.waitFor('experiment.status', ({ state }) => state === 'queued');
    expect(watcher.events.map(({ type }) => type)).not.toContain('turn.failed');
    expect(watcher.events.filter(({ type }) => type === 'message')).toHaveLength(2);
    watcher.close();

    const again = await start({});
    for (const each of [id, late.body.experiment_id]) {
      expect((await finished(again, each)).experiment.state).toBe('completed');
    }
    await again.stop();
  });

  it('breaks off a turn that does not finish within the grace, and puts it back', async () => {
    await around.simulator.control('hold', { afterTokens: 2 });
    const server = await start({ SHUTDOWN_GRACE_SECONDS: '0.2' });
    const id = await server.api.start(anExperiment({ agents: [anAgent('Solo')] }));
    await around.simulator.waitUntil('heldChats', 1);
    expect(await server.stop('SIGTERM')).toBe(0);
    await around.simulator.waitUntil('openConnections', 0);
    await around.simulator.control('release');
    const again = await start({});
    const { experiment, events } = await finished(again, id);
    expect(experiment.state).toBe('completed');
    expect(events.find(({ type }) => type === 'turn.failed')).toMatchObject({
      code: 'INTERRUPTED',
      will_retry: true,
    });
    await again.stop();
  });

  it('ends at once at a second signal, and loses nothing by that', async () => {
    await around.simulator.control('hold', { afterTokens: 2 });
    const server = await start({ SHUTDOWN_GRACE_SECONDS: '60' });
    const id = await server.api.start(anExperiment({ agents: [anAgent('Solo')] }));
    const watcher = await SocketWatcher.connect(server.url);
    await watcher.subscribe(id, { after: 0 });
    await around.simulator.waitUntil('heldChats', 1);
    const exit = server.stop('SIGTERM');
    await watcher.waitFor('server.closing');
    server.child.kill('SIGTERM');
    expect(await exit).toBe(1);
    const announced = watcher.events;
    watcher.close();
    await around.simulator.control('release');
    const again = await start({});
    const { experiment, events } = await finished(again, id);
    expect(experiment.state).toBe('completed');
    expect(events.slice(0, announced.length)).toEqual(announced);
    await again.stop();
  });
});

describe('an Ollama that goes away', () => {
  const around = withDataFolder();

  it('pauses experiments, and they go on by themselves when it is back, also after a restart of the server', async () => {
    const server = await startServer(around.simulator.url, around.folder, {
      OLLAMA_RETURN_CHECK_SECONDS: '0.2',
    });
    await around.simulator.faults({ fault: 'reset_before_headers', match: { path: '*' }, times: 'forever' });
    const id = await server.api.start(anExperiment());
    const { experiment } = await finished(server, id);
    expect(experiment).toMatchObject({ state: 'paused', pause_reason: 'ollama_away' });
    await server.stop('SIGKILL');
    const again = await startServer(around.simulator.url, around.folder, {
      OLLAMA_RETURN_CHECK_SECONDS: '0.2',
    });
    expect((await again.api.experiment(id)).state).toBe('paused');
    const watcher = await SocketWatcher.connect(again.url);
    await watcher.subscribe(id, { after: 0 });
    await around.simulator.reset();
    await watcher.untilOver();
    watcher.close();
    expect(await again.api.experiment(id)).toMatchObject({ state: 'completed', error_code: null });
    await again.stop();
  });

  it('does not make an experiment go on that a client has paused meanwhile', async () => {
    const server = await startServer(around.simulator.url, around.folder, {
      OLLAMA_RETURN_CHECK_SECONDS: '0.1',
    });
    await around.simulator.faults({ fault: 'reset_before_headers', match: { path: '*' }, times: 'forever' });
    const [held, free] = [await server.api.start(anExperiment()), await server.api.start(anExperiment())];
    await Promise.all([finished(server, held), finished(server, free)]);
    const { body } = await server.api.post<ControlResult>(`/api/experiments/${held}/pause`, {});
    expect(body).toMatchObject({ changed: true, state: 'paused', pause_reason: 'user' });
    const watcher = await SocketWatcher.connect(server.url);
    await watcher.subscribe(free, { after: 0 });
    await around.simulator.reset();
    await watcher.untilOver();
    watcher.close();
    expect((await server.api.experiment(held)).state).toBe('paused');
    await server.stop();
  });
});
