import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { said } from '../support/api';
import { anExperiment } from '../support/factories';
import { framesInOrder, shape } from '../support/frames';
import { DashboardView, PlainClient } from '../support/plain-client';
import { SocketWatcher } from '../support/socket-watcher';
import { storedRows } from '../support/stored-rows';
import { startServer } from '../support/test-app';
import { withDataFolder } from '../support/with-data-folder';
import { finished } from '../support/with-server';

type Server = Awaited<ReturnType<typeof startServer>>;

const NAMES = ['one', 'two', 'three', 'four', 'five', 'six'];

/** Six items, three of them open side by side; two turns each. */
const study = anExperiment({
  task: { id: 't', prompt: 'Add', datasetItems: NAMES.map((name) => ({ task: `Item ${name}` })) },
  parallelism: 3,
  seed: 11,
});

describe('a server that is killed while runs go on side by side', () => {
  const around = withDataFolder();
  const start = () => startServer(around.simulator.url, around.folder, { OLLAMA_NUM_PARALLEL: '3' });
  const hold = (item: string, more: Record<string, unknown> = {}) =>
    around.simulator.control('hold', { afterTokens: 1, match: { contains: `Item ${item}`, ...more } });
  const watch = async (server: Server, id: string, after = 0) => {
    const watcher = await SocketWatcher.connect(server.url);
    await watcher.subscribe(id, { after });
    return watcher;
  };
  const openRuns = (id: string) =>
    storedRows<{ iteration: number }>(
      around.folder,
      "SELECT iteration FROM conversations WHERE experiment_id = ? AND state = 'running' ORDER BY iteration",
      id,
    ).map(({ iteration }) => iteration);
  const second = { system: 'You are Critic.' };

  const moments: readonly {
    readonly when: string;
    readonly hold: () => Promise<void>;
    readonly until: (watcher: SocketWatcher) => Promise<unknown>;
    readonly open: readonly number[];
    /** Runs that are worked on when it is back. */
    readonly atWork: number;
  }[] = [
    {
      when: 'while three are in their first turns',
      hold: async () => {
        for (const item of ['one', 'two', 'three']) {
          await hold(item);
        }
      },
      until: () => around.simulator.waitUntil('heldChats', 3),
      open: [1, 2, 3],
      atWork: 3,
    },
    {
      when: 'between the ends of two runs, the first of all still open',
      hold: async () => {
        await hold('one', second);
        await hold('three', second);
        await hold('four', second);
      },
      until: (watcher) =>
        watcher.waitFor('message', (message) => message['iteration'] === 4 && message['message_seq'] === 2),
      open: [1, 3, 4],
      atWork: 3,
    },
    {
      when: 'while only the first is open and all others are over',
      hold: () => hold('one').then(() => undefined),
      until: (watcher) =>
        watcher.waitFor(
          'conversation.finished',
          ({ iteration, turn_count: turns }) => iteration === 6 && turns === 2,
        ),
      open: [1],
      atWork: 1,
    },
  ];

  it.each(moments)('takes all open runs up again and loses nothing, killed $when', async (moment) => {
    const server = await start();
    const undisturbed = await finished(server, await server.api.start(study));
    await moment.hold();
    const id = await server.api.start(study);
    const watcher = await watch(server, id);
    const before = new DashboardView(server.url, id);
    await before.mount();
    await moment.until(watcher);
    expect(openRuns(id)).toEqual(moment.open);
    expect(await server.stop('SIGKILL')).toBeNull();
    before.leave();
    const announced = watcher.events;
    watcher.close();

    // No run may end while a page asks for the experiment and for its frames side by side.
    await around.simulator.control('release');
    await around.simulator.control('hold', { afterTokens: 0 });
    const again = await start();
    await around.simulator.waitUntil('heldChats', moment.atWork);
    const first = Math.min(...moment.open);
    const found = await again.api.experiment(id);
    expect(found).toMatchObject({ state: 'running', current_iteration: first });
    expect(found.conversations.map(({ iteration }) => iteration)).toEqual(
      Array.from({ length: first - 1 }, (_, index) => index + 1),
    );
    const back = await watch(again, id, announced.length);
    const page = new DashboardView(again.url, id);
    await page.mount();
    const client = await PlainClient.connect(again.url, `/ws/experiments/${id}`);
    await around.simulator.control('release');
    await Promise.all([back.untilOver(), page.over, client.closed]);
    back.close();

    const stored = await again.api.events(id);
    expect([...announced, ...back.events]).toEqual(stored);
    expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, index) => index + 1));
    const experiment = await again.api.experiment(id);
    expect(experiment).toMatchObject({
      state: 'completed',
      completed_runs: 6,
      failed_runs: 0,
      message_count: 18,
    });
    expect(experiment.conversations.map(said)).toEqual(undisturbed.experiment.conversations.map(said));
    expect(page.finished.map(said)).toEqual(experiment.conversations.map(said));
    // Who comes while the first run is open hears of it from its start, and of each later one.
    const frames = framesInOrder(experiment);
    const from = frames.findIndex((frame) => (frame as { run?: number }).run === first);
    expect(client.frames.all.map(shape)).toEqual(frames.slice(from));
    const stats = (await around.simulator.stats()) as { maxActiveChats: number };
    expect(stats.maxActiveChats).toBeLessThanOrEqual(3);
    expect(await again.stop()).toBe(0);
  });

  it('works on one run at a time while it may be what ends the server, until that has finished a turn', async () => {
    for (const item of NAMES) {
      await hold(item);
    }
    const server = await start();
    const id = await server.api.start(study);
    await around.simulator.waitUntil('heldChats', 3);
    await server.stop('SIGKILL');
    const file = new SqliteFile(join(around.folder, 'llama-herd.sqlite'));
    file.exec('UPDATE experiments SET crash_starts = 1');
    file.close();
    await around.simulator.waitUntil('openConnections', 0);

    const again = await start();
    await around.simulator.waitUntil('heldChats', 1);
    const watcher = await watch(again, id);
    await around.simulator.control('release');
    await watcher.untilOver();
    watcher.close();
    const madeAgain = watcher.events.flatMap((event, at) =>
      event.type === 'turn.started' && event.attempt === 2 ? [{ iteration: event.iteration, at }] : [],
    );
    expect(madeAgain.map(({ iteration }) => iteration)).toEqual([1, 2, 3]);
    const proof = watcher.events.findIndex(
      (event) => event.type === 'message' && event.iteration === 1 && event.message_seq === 2,
    );
    expect(madeAgain.map(({ at }) => at > proof)).toEqual([false, true, true]);
    expect(await again.api.experiment(id)).toMatchObject({ state: 'completed', completed_runs: 6 });
    await again.stop();
  });

  it('stops in order: all turns in progress get their grace, the runs are taken up later', async () => {
    for (const item of ['one', 'two', 'three']) {
      await hold(item);
    }
    const server = await startServer(around.simulator.url, around.folder, {
      OLLAMA_NUM_PARALLEL: '3',
      SHUTDOWN_GRACE_SECONDS: '10',
    });
    const id = await server.api.start(study);
    const watcher = await watch(server, id);
    await around.simulator.waitUntil('heldChats', 3);
    const exit = server.stop('SIGTERM');
    await watcher.waitFor('server.closing');
    await around.simulator.control('release');
    expect(await exit).toBe(0);
    await watcher.waitFor('experiment.status', ({ state }) => state === 'queued');
    expect(watcher.events.map(({ type }) => type)).not.toContain('turn.failed');
    watcher.close();
    expect(openRuns(id)).toEqual([1, 2, 3]);
    const again = await start();
    expect((await finished(again, id)).experiment).toMatchObject({ state: 'completed', completed_runs: 6 });
    await again.stop();
  });
});
