import { pullsOf } from '../support/pulls';
import { startSimulator } from '../support/simulator';
import { startServer } from '../support/test-app';
import { withDataFolder } from '../support/with-data-folder';

describe('pulls and a restart', () => {
  const around = withDataFolder();

  /** A server with one pull in the middle and one that waits for its slot. */
  const startBusy = async (env: Record<string, string> = {}) => {
    await around.simulator.control('hold', { fraction: 0.5 });
    const server = await startServer(around.simulator.url, around.folder, {
      PULL_MAX_CONCURRENCY: '1',
      ...env,
    });
    const running = await pullsOf(server).start('big:7b');
    await pullsOf(server).untilPercent(running, 50);
    const pending = await pullsOf(server).start('small:1b');
    const client = await pullsOf(server).watch(running);
    return { server, running, pending, client };
  };

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'ends what was at work and starts what waited (%s)',
    async (signal) => {
      const { server, running, pending, client } = await startBusy();
      expect(await server.stop(signal)).toBe(signal === 'SIGKILL' ? null : 0);
      await around.simulator.waitFor('pulls.cancelled', 1);
      expect([1001, 1006]).toContain((await client.closed).code);
      await around.simulator.control('release');
      const again = await startServer(around.simulator.url, around.folder);
      expect(await pullsOf(again).get(running)).toMatchObject({
        model_name: 'big:7b',
        status: 'error',
        error: 'Interrupted by server restart',
        error_code: 'INTERRUPTED',
        completed_at: expect.any(String),
      });
      expect(await pullsOf(again).untilOver(pending)).toMatchObject({ status: 'completed', error: null });
      expect((await pullsOf(again).run('big:7b')).status).toBe('completed');
      await again.stop();
    },
  );

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'goes on with what was at work when that is wanted (%s)',
    async (signal) => {
      const env = { PULL_RESUME_ON_START: 'true', PULL_PROGRESS_THROTTLE_MS: '1' };
      const { server, running, pending } = await startBusy(env);
      const before = (await pullsOf(server).get(running)).progress;
      await server.stop(signal);
      await around.simulator.control('release');
      await around.simulator.control('hold', {
        fraction: 0.6,
        match: { path: '/api/pull', model: 'big:7b' },
      });
      const again = await startServer(around.simulator.url, around.folder, {
        ...env,
        PULL_MAX_CONCURRENCY: '1',
      });
      await around.simulator.waitUntil('heldPulls', 1);
      const client = await pullsOf(again).watch(running);
      const { data } = await client.frames.waitFor(() => true);
      expect(data).toMatchObject({ status: 'running', error: null });
      expect(await pullsOf(again).health(pending)).toMatchObject({ queue_position: 1 });
      expect((data['progress'] as { completed: number }).completed).toBeGreaterThanOrEqual(
        before?.completed ?? 0,
      );
      await around.simulator.control('release');
      await client.closed;
      expect((await pullsOf(again).get(running)).status).toBe('completed');
      expect((await pullsOf(again).untilOver(pending)).status).toBe('completed');
      await again.stop();
    },
  );

  it('keeps how finished pulls ended', async () => {
    const server = await startServer(around.simulator.url, around.folder);
    const tasks = [await pullsOf(server).run('small:1b'), await pullsOf(server).run('missing')];
    await server.stop('SIGKILL');
    const again = await startServer(around.simulator.url, around.folder);
    expect(await pullsOf(again).list()).toEqual(
      Object.fromEntries(tasks.map((task) => [task.task_id, task])),
    );
    await again.stop();
  });

  it('outlives an Ollama that dies in the middle of a pull', async () => {
    const dying = await startSimulator();
    const server = await startServer(dying.url, around.folder, { PULL_RETRY_BACKOFF_SECONDS: '0.01' });
    await dying.control('hold', { fraction: 0.5 });
    const id = await pullsOf(server).start('big:7b');
    await pullsOf(server).untilPercent(id, 50);
    await dying.stop();
    expect(await pullsOf(server).untilOver(id)).toMatchObject({
      status: 'error',
      error_code: 'OLLAMA_UNREACHABLE',
      progress: { percent: 50 },
    });
    expect(await pullsOf(server).health(id)).toMatchObject({ retry_count: 2, thread_alive: false });
    expect((await server.api.get('/health')).status).toBe(200);
    expect(await server.stop()).toBe(0);
  });
});
