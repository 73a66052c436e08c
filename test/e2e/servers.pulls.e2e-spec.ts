import { mkdirSync, rmSync } from 'node:fs';
import { DiskSpace } from '../../src/models/disk-space';
import { type PullProgress } from '../../src/models/pull-progress';
import { anAgent, anExperiment } from '../support/factories';
import { pullsOf } from '../support/pulls';
import { type Simulator } from '../support/simulator';
import { SocketWatcher } from '../support/socket-watcher';
import { storedRows } from '../support/stored-rows';
import { startApp, startServer, temporaryFolder } from '../support/test-app';
import { finished } from '../support/with-server';
import { modelsOn, withServers } from '../support/with-servers';

const BIG = 'big:7b';
const NOBODY = 'http://127.0.0.1:9';

describe('pulls to several Ollama servers', () => {
  const QUICKLY = { PULL_RETRY_ATTEMPTS: '0', PULL_PROGRESS_THROTTLE_MS: '1' };
  const server = withServers(QUICKLY);

  const hold = (simulator: Simulator, place: object = { fraction: 0.5 }) => simulator.control('hold', place);
  const have = async (model: string) =>
    (await Promise.all(server.simulators.map(modelsOn))).map((names) => names.includes(model));
  const pullsAsked = (simulator: Simulator) => simulator.requests('/api/pull');

  /** Starts a pull to all servers that stops in the middle of the second one. */
  const startHeldAtSecond = async (pulls = server.pulls): Promise<string> => {
    const [, second] = server.simulators;
    await hold(second);
    const id = await pulls.start(BIG);
    await second.waitUntil('heldPulls', 1);
    await pulls.untilPercent(id, 50);
    return id;
  };

  const expectNeverBackwards = (shown: readonly PullProgress[]) => {
    for (const field of ['total', 'completed', 'percent'] as const) {
      const values = shown.map((progress) => progress[field] ?? 0);
      expect(values).toEqual(values.toSorted((a, b) => a - b));
    }
  };

  it('go to the one that is named', async () => {
    const [, second] = server.simulators;
    const task = await server.pulls.run(BIG, second.url);
    expect(task).toMatchObject({ status: 'completed', server: second.url, progress: { percent: 100 } });
    expect(await have(BIG)).toEqual([false, true, false]);
    expect(
      storedRows(server.dataDirectory, 'SELECT server FROM pull_tasks WHERE id = ?', task.task_id),
    ).toEqual([{ server: second.url }]);
  });

  it('bring a model that agents can use at once, on the server that got it', async () => {
    const [, , third] = server.simulators;
    await server.pulls.run('fresh:1b', third.url);
    const id = await server.api.start(anExperiment({ agents: [anAgent('Solo', { model: 'fresh:1b' })] }));
    expect((await finished(server, id)).experiment).toMatchObject({ status: 'completed', error: null });
    expect(await third.requests('/api/chat')).not.toEqual([]);
  });

  it.each([undefined, 'all'])('go to all, one after the other (server: %s)', async (named) => {
    const [first, second, third] = server.simulators;
    await hold(second);
    const id = await server.pulls.start(BIG, named);
    await second.waitUntil('heldPulls', 1);
    expect([await have(BIG), await pullsAsked(third)]).toEqual([[true, false, false], []]);
    const plain = await server.pulls.watch(id);
    const socket = await SocketWatcher.connect(server.url, {}, '/models');
    await socket.emit('subscribe', { taskId: id });
    await second.control('release');
    await plain.closed;
    const task = await server.pulls.get(id);
    expect(task).toMatchObject({
      status: 'completed',
      server: 'all',
      error: null,
      progress: { status: 'success', percent: 100, server: third.url },
    });
    expect(task.progress?.completed).toBe(task.progress?.total);
    expect(await have(BIG)).toEqual([true, true, true]);
    expect((await Promise.all([first, second, third].map(pullsAsked))).map((asked) => asked.length)).toEqual([
      1, 1, 1,
    ]);
    socket.close();
  });

  it('tell over both sockets how far they are on all servers together, and never go backwards', async () => {
    const addresses = server.simulators.map(({ url }) => url);
    await Promise.all(server.simulators.map((simulator) => hold(simulator)));
    const id = await server.pulls.start(BIG);
    const plain = await server.pulls.watch(id);
    const socket = await SocketWatcher.connect(server.url, {}, '/models');
    await socket.emit('subscribe', { taskId: id });
    for (const simulator of server.simulators) {
      await simulator.waitUntil('heldPulls', 1);
      await plain.frames.waitFor(({ data }) => {
        const progress = (data['progress'] ?? data) as unknown as PullProgress;
        return progress.server === simulator.url && (progress.percent ?? 0) > 0;
      }, simulator.url);
      await simulator.control('release');
    }
    await plain.closed;
    await socket.waitFor('pull.status', ({ status }) => status === 'completed');
    const frames = plain.frames.all.flatMap(({ type, data }) =>
      type === 'progress' ? [data as unknown as PullProgress] : [],
    );
    const events = socket.received.all.flatMap(({ name, payload }) =>
      name === 'pull.progress' ? [payload['progress'] as PullProgress] : [],
    );
    for (const shown of [frames, events]) {
      expectNeverBackwards(shown);
      expect(addresses).toEqual(expect.arrayContaining(shown.map((progress) => progress.server)));
      const order = shown.map((progress) => addresses.indexOf(progress.server ?? ''));
      expect(order).toEqual(order.toSorted((a, b) => a - b));
      const ends = shown.filter(({ status }) => status === 'success');
      expect(ends.every((progress) => progress.server === addresses[2] && progress.percent === 100)).toBe(
        true,
      );
    }
    socket.close();
  });

  it('can be cancelled in the middle of the second server: the first one keeps the model', async () => {
    const id = await startHeldAtSecond();
    const [, second, third] = server.simulators;
    expect((await server.pulls.cancel(id)).status).toBe(200);
    await second.waitFor('pulls.cancelled', 1);
    expect(await server.pulls.untilOver(id)).toMatchObject({
      status: 'cancelled',
      error_code: 'CANCELLED',
      progress: { percent: 50, server: second.url },
    });
    expect(await have(BIG)).toEqual([true, false, false]);
    expect(await pullsAsked(third)).toEqual([]);
  });

  it('that fail on one server go on to the others, and tell which one it was', async () => {
    const [, second] = server.simulators;
    await second.faults({ fault: 'disk_full' });
    const task = await server.pulls.run(BIG);
    expect(task).toMatchObject({
      status: 'error',
      error_code: 'PULL_FAILED',
      error: expect.stringMatching(/^Not pulled to \S+: .*no space left/),
    });
    expect(task.error).toContain(second.url);
    expect(task.error?.split('\n')).toHaveLength(1);
    expect(task.progress?.percent).toBeLessThan(100);
    expect(await have(BIG)).toEqual([true, false, true]);
  });

  it('stalled on one server end there, and go on with the next', async () => {
    const [first, second] = server.simulators;
    const app = await startApp('', {
      OLLAMA_URLS: `${first.url},${second.url}`,
      PULL_RETRY_ATTEMPTS: '0',
      PULL_STALE_SECONDS: '0.3',
    });
    await first.faults({ fault: 'stalled_progress' });
    const task = await pullsOf(app).run(BIG);
    expect(task).toMatchObject({ status: 'error', error_code: 'PULL_STALLED' });
    expect((await have(BIG)).slice(0, 2)).toEqual([false, true]);
    await app.close();
  });

  describe('of a model that is being pulled', () => {
    it('are answered with the pull that goes to these servers already', async () => {
      const [first] = server.simulators;
      const id = await startHeldAtSecond();
      for (const named of [undefined, 'all', first.url]) {
        expect((await server.pulls.post(BIG, named)).body).toMatchObject({
          task_id: null,
          existing_task_id: id,
        });
      }
      await server.pulls.cancel(id);
    });

    it('go to other servers at once, and wait where the servers are the same', async () => {
      const [first, second, third] = server.simulators;
      await hold(first, { fraction: 0.5, match: { path: '/api/pull', model: BIG } });
      const one = await server.pulls.start(BIG, first.url);
      await first.waitUntil('heldPulls', 1);
      expect((await server.pulls.run(BIG, second.url)).status).toBe('completed');
      const all = await server.pulls.start(BIG);
      expect(await server.pulls.health(all)).toMatchObject({
        status: 'pending',
        queue_position: 1,
        available_concurrency_slots: 1,
      });
      // Whoever waits keeps nobody else waiting.
      expect((await server.pulls.run('small:1b', first.url)).status).toBe('completed');
      expect((await server.pulls.get(all)).status).toBe('pending');
      await first.control('release');
      for (const id of [one, all]) {
        expect(await server.pulls.untilOver(id)).toMatchObject({ status: 'completed', error: null });
      }
      expect(await modelsOn(third)).toContain(BIG);
    });
  });

  describe('while a server is away', () => {
    const startHalf = () =>
      startApp('', { ...QUICKLY, OLLAMA_URLS: `${NOBODY},${server.simulators[0].url}` });

    it('are refused when it is the one that is named', async () => {
      const app = await startHalf();
      expect(await pullsOf(app).post('m', NOBODY)).toMatchObject({
        status: 503,
        body: { code: 'OLLAMA_UNREACHABLE' },
      });
      expect(await pullsOf(app).list()).toEqual({});
      await app.close();
    });

    it('bring the model to the others, and tell that one is missing', async () => {
      const app = await startHalf();
      expect(await pullsOf(app).run(BIG)).toMatchObject({
        status: 'error',
        error_code: 'OLLAMA_UNREACHABLE',
        error: expect.stringContaining(`Not pulled to ${NOBODY}:`),
      });
      expect(await modelsOn(server.simulators[0])).toContain(BIG);
      await app.close();
    });
  });

  describe('and the disk of this machine', () => {
    afterEach(() => {
      jest.restoreAllMocks();
    });

    it('is looked at only for servers on this machine', async () => {
      const [first, second] = server.simulators;
      const disk = server.app.get(DiskSpace, { strict: false });
      jest.spyOn(disk, 'availableBytes').mockResolvedValue(1024 ** 3);
      jest.spyOn(disk, 'holdsModelsOf').mockImplementation((address) => address === first.url);
      for (const named of [first.url, 'all']) {
        expect(await server.pulls.post(BIG, named)).toMatchObject({
          status: 507,
          body: { code: 'INSUFFICIENT_DISK_SPACE' },
        });
      }
      const { status, progress } = await server.pulls.run(BIG, second.url);
      expect(status).toBe('completed');
      expect(progress).not.toHaveProperty('disk_space_available_gb');
    });
  });

  describe('and a restart', () => {
    const env = { ...QUICKLY, PULL_RESUME_ON_START: 'true', PULL_MAX_CONCURRENCY: '1' };
    let folder: string;
    beforeEach(() => {
      folder = temporaryFolder();
      mkdirSync(folder, { recursive: true });
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    it.each(['SIGKILL', 'SIGTERM'] as const)(
      'in the middle of the second server: it goes on, and no number goes back (%s)',
      async (signal) => {
        const [, second] = server.simulators;
        const before = await startServer('', folder, { ...server.env, ...env });
        const id = await startHeldAtSecond(pullsOf(before));
        const { progress: shown } = await pullsOf(before).get(id);
        await before.stop(signal);
        await second.waitFor('pulls.cancelled', 1);
        const after = await startServer('', folder, { ...server.env, ...env });
        await second.waitUntil('heldPulls', 1);
        const plain = await pullsOf(after).watch(id);
        const { data } = await plain.frames.waitFor(() => true);
        expect(data).toMatchObject({ server: 'all', status: 'running', error: null });
        await second.control('release');
        await plain.closed;
        expectNeverBackwards([
          shown as PullProgress,
          data['progress'] as PullProgress,
          ...plain.frames.all.flatMap(({ type, data: progress }) =>
            type === 'progress' ? [progress as unknown as PullProgress] : [],
          ),
        ]);
        expect(await pullsOf(after).get(id)).toMatchObject({
          status: 'completed',
          progress: { percent: 100 },
        });
        expect(await have(BIG)).toEqual([true, true, true]);
        await after.stop();
      },
    );

    it('UNKNOWN_SERVER: the one that it was to go to is not among the servers any more', async () => {
      const [first, second] = server.simulators;
      await hold(first);
      const before = await startServer('', folder, { ...server.env, ...env });
      const held = await pullsOf(before).start(BIG, first.url);
      await first.waitUntil('heldPulls', 1);
      const waiting = await pullsOf(before).start('small:1b', second.url);
      await before.stop('SIGKILL');
      await first.control('release');
      const after = await startServer('', folder, { ...env, OLLAMA_URLS: first.url });
      expect((await pullsOf(after).untilOver(held)).status).toBe('completed');
      expect(await pullsOf(after).untilOver(waiting)).toMatchObject({
        status: 'error',
        server: second.url,
        error_code: 'UNKNOWN_SERVER',
        error: expect.stringContaining(second.url),
      });
      await after.stop();
    });
  });
});
