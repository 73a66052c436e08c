import { type PullTaskStatus } from '../../src/models/dto/pull.dto';
import { pullsOf } from '../support/pulls';
import { SocketWatcher } from '../support/socket-watcher';
import { startApp } from '../support/test-app';
import { withServer } from '../support/with-server';

describe('watching pulls', () => {
  const server = withServer({ PULL_PROGRESS_THROTTLE_MS: '1', PULL_RETRY_ATTEMPTS: '0' });
  const pulls = () => pullsOf(server);
  const watchModels = () => SocketWatcher.connect(server.url, {}, '/models');

  const startHeld = async (name: string): Promise<string> => {
    await server.simulator.control('hold', { fraction: 0.5, match: { path: '/api/pull', model: name } });
    const id = await pulls().start(name);
    await pulls().untilPercent(id, 50);
    return id;
  };

  describe('over the plain WebSocket', () => {
    it('closes 4004 for a task that does not exist', async () => {
      const client = await pulls().watch('nope');
      expect(await client.closed).toEqual({ code: 4004, reason: 'Pull task not found' });
      expect(client.frames.all).toEqual([]);
    });

    it('sends status, progress and the final status to every socket, also to a late one', async () => {
      const id = await startHeld('shared');
      const early = [await pulls().watch(id), await pulls().watch(id)];
      const late = await pulls().watch(id);
      const first = await late.frames.waitFor(() => true);
      expect(first).toEqual({ type: 'status', data: await pulls().get(id) });
      expect(first.data).toMatchObject({ status: 'running', progress: { percent: 50 } });
      // One leaves; the others hear everything all the same.
      early[0]?.socket.close();
      await early[0]?.closed;
      await server.simulator.control('release');
      for (const client of [early[1], late]) {
        expect(await client?.closed).toEqual({ code: 1000, reason: 'Pull finished' });
        const frames = client?.frames.all ?? [];
        expect(frames[0]?.type).toBe('status');
        expect(frames.slice(1, -1).map(({ type }) => type)).toContain('progress');
        expect(frames.at(-1)).toEqual({ type: 'status', data: await pulls().get(id) });
      }
      const [a, b] = [early[1], late].map((client) => client?.frames.all.slice(1));
      expect(b).toEqual(a);
    });

    it('answers any text with the present status', async () => {
      const id = await startHeld('asked');
      const client = await pulls().watch(id);
      for (const text of ['ping', '{"type":"ping"}', '', '{"broken', 'x'.repeat(10_000)]) {
        const before = client.frames.all.length;
        client.socket.send(text);
        await client.frames.waitFor(() => client.frames.all.length > before);
        expect(client.frames.all.at(-1)).toEqual({ type: 'status', data: await pulls().get(id) });
      }
      client.socket.send(Buffer.from([0, 1, 2]));
      await client.frames.waitFor(() => client.frames.all.length === 7);
      await pulls().cancel(id);
      await client.closed;
    });

    it.each([
      ['completed', 'finished-well', null],
      ['error', 'missing', 'pull model manifest: file does not exist'],
    ])('shows how a finished pull ended (%s), then closes', async (status, name, error) => {
      const { task_id: id } = await pulls().run(name);
      const client = await pulls().watch(id);
      expect((await client.closed).code).toBe(1000);
      expect(client.frames.all).toEqual([
        { type: 'status', data: expect.objectContaining({ task_id: id, status, error }) },
      ]);
    });
  });

  describe('over Socket.IO', () => {
    it('gives the present state of all pulls, then all that happens', async () => {
      const running = await startHeld('first');
      const watcher = await watchModels();
      expect(await watcher.emit('subscribe', {})).toEqual({ tasks: await pulls().list() });
      const second = await pulls().start('second');
      await watcher.waitFor(
        'pull.status',
        ({ task_id, status }) => task_id === second && status === 'completed',
      );
      const of = (id: string) =>
        watcher.received.all.filter(({ payload }) => (payload as { task_id?: string }).task_id === id);
      expect(
        of(second).flatMap(({ name, payload }) => (name === 'pull.status' ? [payload['status']] : [])),
      ).toEqual(['pending', 'running', 'completed']);
      expect(of(second).find(({ name }) => name === 'pull.progress')?.payload).toMatchObject({
        task_id: second,
        model_name: 'second',
        progress: { status: expect.any(String) },
      });
      await pulls().dismiss(running);
      await watcher.waitFor('pull.removed', ({ task_id }) => task_id === running);
      expect(of(running).map(({ name, payload }) => [name, payload['status']])).toEqual([
        ['pull.status', 'cancelled'],
        ['pull.removed', undefined],
      ]);
      watcher.close();
    });

    it('gives one pull and nothing of the others, each event once', async () => {
      const id = await startHeld('mine');
      const watcher = await watchModels();
      const both = await watchModels();
      expect(await watcher.emit('subscribe', { taskId: id })).toEqual({
        tasks: { [id]: await pulls().get(id) },
      });
      await both.emit('subscribe', {});
      await both.emit('subscribe', { taskId: id });
      await pulls().run('not-mine');
      await server.simulator.control('release');
      for (const client of [watcher, both]) {
        await client.waitFor(
          'pull.status',
          (task) => task['task_id'] === id && task['status'] === 'completed',
        );
      }
      expect(new Set(watcher.received.all.map(({ payload }) => payload['task_id']))).toEqual(new Set([id]));
      const ends = both.received.all.filter(
        ({ name, payload }) => name === 'pull.status' && payload['task_id'] === id,
      );
      expect(ends).toHaveLength(1);
      watcher.close();
      both.close();
    });

    it('ends with unsubscribe', async () => {
      const id = await startHeld('left');
      const watcher = await watchModels();
      const all = await watchModels();
      await all.emit('subscribe', {});
      await watcher.emit('subscribe', { taskId: id });
      expect(await watcher.emit('unsubscribe', { taskId: id })).toEqual({ ok: true });
      await pulls().cancel(id);
      await all.waitFor('pull.status', (task) => task['status'] === 'cancelled');
      expect(await watcher.emit('unsubscribe', {})).toEqual({ ok: true });
      expect(watcher.received.all).toEqual([]);
      watcher.close();
      all.close();
    });

    it('tells of models that are deleted', async () => {
      await pulls().run('acme/short-lived');
      const watcher = await watchModels();
      await watcher.emit('subscribe', {});
      await server.api.delete('/api/models/delete/acme%2Fshort-lived');
      expect((await watcher.waitFor('model.deleted')).payload).toEqual({ name: 'acme/short-lived:latest' });
      watcher.close();
    });

    it.each([
      ['subscribe', { taskId: 'nope' }, 'PULL_NOT_FOUND'],
      ['subscribe', { taskId: 5 }, 'VALIDATION_FAILED'],
      ['subscribe', { taskId: '' }, 'VALIDATION_FAILED'],
      ['subscribe', { taskId: 'x'.repeat(300) }, 'VALIDATION_FAILED'],
      ['subscribe', 'x', 'VALIDATION_FAILED'],
      ['unsubscribe', [], 'VALIDATION_FAILED'],
      ['cancel', {}, 'UNKNOWN_EVENT'],
    ])('refuses %s %j', async (event, payload, code) => {
      const watcher = await watchModels();
      expect(await watcher.emit(event, payload)).toMatchObject({ error: { code } });
      watcher.close();
    });
  });

  it('tells progress at its throttled pace, and what came last too', async () => {
    const app = await startApp(server.simulator.url, {
      PULL_PROGRESS_THROTTLE_MS: '200',
      PULL_PROGRESS_PERCENT_DELTA: '100',
    });
    await server.simulator.control('config', { pullBytesPerSecond: 8_000_000_000, pullTickMs: 5 });
    const id = await pullsOf(app).start('paced:7b');
    const client = await pullsOf(app).watch(id);
    await client.closed;
    const progress = client.frames.all.filter(({ type }) => type === 'progress');
    const task: PullTaskStatus = await pullsOf(app).get(id);
    const took = Date.parse(task.completed_at ?? '') - Date.parse(task.started_at ?? '');
    expect(progress.length).toBeGreaterThanOrEqual(2);
    expect(progress.length).toBeLessThanOrEqual(took / 200 + 2);
    await app.close();
  });
});
