import { anAgent, anExperiment } from '../support/factories';
import { DashboardView } from '../support/plain-client';
import { said } from '../support/api';
import { SocketWatcher } from '../support/socket-watcher';
import { startServer } from '../support/test-app';
import { withDataFolder } from '../support/with-data-folder';

describe('a server that is killed', () => {
  const around = withDataFolder();

  it.each([0, 1, 5])(
    'has everything that it announced when it comes back (killed in turn %i of the second run)',
    async (turn) => {
      const server = await startServer(around.simulator.url, around.folder);
      const request = anExperiment({ iterations: 3, chat_rules: { max_rounds: 6 } });
      const id = await server.api.start(request);
      const watcher = await SocketWatcher.connect(server.url);
      await watcher.subscribe(id, { after: 0 });
      await watcher.waitFor(
        'message',
        ({ iteration, message_seq }) => iteration === 2 && Number(message_seq) > turn,
      );
      const exit = await server.stop('SIGKILL');
      expect(exit).toBeNull();
      const announced = watcher.events;
      watcher.close();

      const again = await startServer(around.simulator.url, around.folder);
      const stored = await again.api.events(id);
      expect(stored.slice(0, announced.length)).toEqual(announced);
      expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, index) => index + 1));
      const experiment = await again.api.experiment(id);
      expect(experiment).toMatchObject({
        status: 'error',
        error: 'Interrupted by server restart',
        error_code: 'INTERRUPTED',
        conversation: null,
      });
      const heard = announced.flatMap((event) => (event.type === 'message' ? [event.message.id] : []));
      const kept = experiment.conversations.flatMap((run) => run.messages.map((message) => message.id));
      expect(kept).toEqual(expect.arrayContaining(heard));
      expect(new Set(kept).size).toBe(kept.length);
      expect(experiment.conversations.at(-1)).toMatchObject({ state: 'error', errorCode: 'INTERRUPTED' });
      expect((await again.api.list())[0]).toMatchObject({
        experiment_id: id,
        message_count: kept.length,
        iterations: 3,
      });

      // Both kinds of watchers learn how it ended, and may still ask for all of it.
      const late = await SocketWatcher.connect(again.url);
      await late.subscribe(id, { after: 0 });
      await late.untilOver();
      expect(late.events).toEqual(stored);
      late.close();
      const page = new DashboardView(again.url, id);
      await page.mount();
      await page.over;
      expect(page.status).toBe('error');
      expect(page.finished.map(said)).toEqual(experiment.conversations.map(said));
      expect(await again.stop()).toBe(0);
    },
  );

  it('loses no experiment that it accepted', async () => {
    await around.simulator.control('hold', { afterTokens: 0 });
    const server = await startServer(around.simulator.url, around.folder);
    const ids = await Promise.all(Array.from({ length: 10 }, () => server.api.start(anExperiment())));
    await server.stop('SIGKILL');
    const again = await startServer(around.simulator.url, around.folder);
    const found = (await again.api.list()).map(({ experiment_id }) => experiment_id);
    expect(new Set(found)).toEqual(new Set(ids));
    await again.stop();
  });

  it('closes the model call, tells watchers and ends with 0 when it is asked to stop', async () => {
    await around.simulator.control('hold', { afterTokens: 1 });
    const server = await startServer(around.simulator.url, around.folder);
    const id = await server.api.start(anExperiment({ agents: [anAgent('Solo')] }));
    const watcher = await SocketWatcher.connect(server.url);
    await watcher.subscribe(id, { after: 0 });
    await around.simulator.waitUntil('heldChats', 1);
    expect(await server.stop('SIGTERM')).toBe(0);
    await watcher.waitFor('experiment.status', ({ error_code }) => error_code === 'INTERRUPTED');
    await around.simulator.waitUntil('openConnections', 0);
    const again = await startServer(around.simulator.url, around.folder);
    expect(await again.api.experiment(id)).toMatchObject({
      status: 'error',
      error_code: 'INTERRUPTED',
      failed_runs: 1,
    });
    await again.stop();
    watcher.close();
  });

  it('keeps a second server out of its data', async () => {
    const server = await startServer(around.simulator.url, around.folder);
    await expect(startServer(around.simulator.url, around.folder)).rejects.toThrow(
      /Another server uses the data directory/,
    );
    await server.stop();
  });
});
