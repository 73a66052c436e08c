import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { type PullTaskStatus } from '../../src/models/dto/pull.dto';
import { pullsOf } from '../support/pulls';
import { SocketWatcher } from '../support/socket-watcher';
import { storedRows } from '../support/stored-rows';
import { startApp } from '../support/test-app';
import { withServer } from '../support/with-server';

const BIG = 'big:7b';

describe('pulls', () => {
  const server = withServer({ PULL_RETRY_BACKOFF_SECONDS: '0.01', PULL_PROGRESS_THROTTLE_MS: '1' });
  const pulls = () => pullsOf(server);

  const hold = (place: object) => server.simulator.control('hold', place);
  const pullFault = (fault: string, more: object = {}) =>
    server.simulator.faults({ fault, match: { path: '/api/pull' }, ...more });
  /** Starts a pull that stops in the middle. */
  const startHeld = async (name = BIG): Promise<string> => {
    await hold({ fraction: 0.5 });
    const id = await pulls().start(name);
    await pulls().untilPercent(id, 50);
    return id;
  };

  it('brings a model and tells how far it is', async () => {
    const id = await startHeld();
    const watcher = await pulls().watch(id);
    const half = await watcher.frames.waitFor(() => true);
    expect(half).toMatchObject({
      type: 'status',
      data: { task_id: id, model_name: BIG, status: 'running', error: null, completed_at: null },
    });
    const { progress } = await pulls().get(id);
    expect(progress).toMatchObject({ status: expect.stringMatching(/^pulling /), percent: 50 });
    expect(Number(progress?.completed) / Number(progress?.total)).toBeCloseTo(0.5);
    expect(progress?.disk_space_available_gb).toBeGreaterThan(0);
    await server.simulator.control('release');
    await watcher.closed;
    expect(await pulls().get(id)).toMatchObject({
      status: 'completed',
      error: null,
      error_code: null,
      progress: { status: 'success', percent: 100 },
      created_at: expect.stringMatching(/Z$/),
      started_at: expect.stringMatching(/Z$/),
      completed_at: expect.stringMatching(/Z$/),
    });
    const { body } = await server.api.get<{ models: { name: string }[] }>('/api/models/list');
    expect(body.models.map(({ name }) => name)).toContain(BIG);
  });

  it('asks Ollama for a stream and never over plain HTTP', async () => {
    await pulls().run('asked');
    const [request] = await server.simulator.requests('/api/pull');
    expect(request?.body).toEqual({ model: 'asked', stream: true });
  });

  it('answers a second request for the same model with the task that pulls it, in whatever spelling', async () => {
    const id = await startHeld('Twice');
    for (const name of ['Twice', ' twice:latest ', 'TWICE', 'registry.ollama.ai/library/twice']) {
      expect(await pulls().post(name)).toMatchObject({
        status: 200,
        body: { task_id: null, existing_task_id: id, message: expect.any(String) },
      });
    }
    await pulls().cancel(id);
    expect((await pulls().post('twice')).body.task_id).not.toBeNull();
  });

  it('starts one task when many ask at once', async () => {
    await hold({ fraction: 0.5 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => pulls().post('crowd')));
    const started = answers.flatMap(({ body }) => body.task_id ?? []);
    expect(started).toHaveLength(1);
    expect(new Set(answers.map(({ body }) => body.task_id ?? body.existing_task_id))).toEqual(
      new Set(started),
    );
    await pulls().dismiss(started[0] ?? '');
  });

  it('lists tasks by their ids, and finds the newest of a model by its name', async () => {
    const first = await pulls().run('hf.co/acme/Tiny-GGUF:Q4_K_M');
    const second = await pulls().run('hf.co/acme/tiny-gguf:q4_k_m');
    expect(await pulls().list()).toMatchObject({ [first.task_id]: first, [second.task_id]: second });
    for (const name of ['hf.co/acme/Tiny-GGUF:Q4_K_M', 'hf.co%2Facme%2FTiny-GGUF%3AQ4_K_M']) {
      expect((await server.api.get(`/api/models/pull/by-model/${name}`)).body).toEqual(second);
    }
    const other = await pulls().run('health');
    expect((await server.api.get('/api/models/pull/by-model/health')).body).toEqual(other);
  });

  it('PULL_NOT_FOUND: no task has this id or model', async () => {
    const calls = [
      server.api.get('/api/models/pull/nope'),
      server.api.get('/api/models/pull/nope/health'),
      server.api.get('/api/models/pull/by-model/nobody%2Fasked'),
      server.api.get('/api/models/pull/by-model/a%20b'),
      server.api.delete('/api/models/pull/nope'),
      server.api.delete('/api/models/pull/nope/dismiss'),
    ];
    for (const { status, body } of await Promise.all(calls)) {
      expect(status).toBe(404);
      expect(body).toMatchObject({ detail: 'Pull task not found', code: 'PULL_NOT_FOUND' });
    }
  });

  describe('refuse', () => {
    it.each(['a b', '../x', 'a/b/c/d', 'http://hf.co/a/b', 'x:', 'ä', 'm'.repeat(81)])(
      'INVALID_MODEL_NAME: %s',
      async (name) => {
        const { status, body } = await pulls().post(name);
        expect(status).toBe(422);
        expect(body).toMatchObject({
          code: 'INVALID_MODEL_NAME',
          detail: [{ type: 'value_error', loc: ['body', 'name'] }],
        });
      },
    );

    it.each(['', '  ', null, 5, ['m'], undefined, 'x'.repeat(2_000), 'a\0b', '\ud800'])(
      'what is no name at all: %j',
      async (name) => {
        const { status, body } = await pulls().post(name);
        expect(status).toBe(422);
        expect(body).toMatchObject({
          code: 'VALIDATION_FAILED',
          detail: [{ loc: ['body', 'name'] }],
        });
      },
    );

    it.each(['evil.example/a/b', 'localhost:5000/a/b', '169.254.169.254/a/b'])(
      'REGISTRY_NOT_ALLOWED: %s',
      async (name) => {
        const { status, body } = await pulls().post(name);
        expect(status).toBe(400);
        expect(body).toMatchObject({
          code: 'REGISTRY_NOT_ALLOWED',
          detail: expect.stringContaining('PULL_REGISTRIES'),
        });
      },
    );

    it('names without a host when the library is not among the registries', async () => {
      const app = await startApp(server.simulator.url, { PULL_REGISTRIES: 'HF.co' });
      expect((await pullsOf(app).post('m')).body).toMatchObject({ code: 'REGISTRY_NOT_ALLOWED' });
      expect((await pullsOf(app).run('hf.co/acme/m')).status).toBe('completed');
      await app.close();
    });

    it('a pull while Ollama is away, without making a task', async () => {
      const app = await startApp('http://127.0.0.1:9');
      const { status, body } = await pullsOf(app).post('m');
      expect(status).toBe(503);
      expect(body).toMatchObject({ code: 'OLLAMA_UNREACHABLE' });
      expect(await pullsOf(app).list()).toEqual({});
      await app.close();
    });
  });

  it('wait for a slot, in their order', async () => {
    await hold({ fraction: 0.5 });
    const ids: string[] = [];
    for (const name of ['q1', 'q2', 'q3', 'q4']) {
      ids.push(await pulls().start(name));
    }
    await server.simulator.waitUntil('heldPulls', 2);
    const [first = '', second = '', third = '', fourth = ''] = ids;
    const statuses = async () => Promise.all(ids.map(async (id) => (await pulls().get(id)).status));
    expect(await statuses()).toEqual(['running', 'running', 'pending', 'pending']);
    expect(await pulls().health(first)).toMatchObject({
      task_id: first,
      model_name: 'q1',
      status: 'running',
      thread_alive: true,
      last_progress_age_seconds: expect.any(Number),
      retry_count: 0,
      last_retry_at: null,
      queue_position: null,
      available_concurrency_slots: 0,
      max_concurrency: 2,
    });
    expect(await pulls().health(fourth)).toMatchObject({
      status: 'pending',
      thread_alive: true,
      queue_position: 2,
      last_progress_age_seconds: null,
    });
    const waiting = await pulls().watch(fourth);
    expect((await pulls().cancel(third)).status).toBe(200);
    expect(await pulls().health(fourth)).toMatchObject({ queue_position: 1 });
    await pulls().cancel(second);
    await waiting.frames.waitFor(({ data }) => data['status'] === 'running');
    await server.simulator.control('release');
    await waiting.closed;
    expect((await pulls().untilOver(first)).status).toBe('completed');
    expect(await statuses()).toEqual(['completed', 'cancelled', 'cancelled', 'completed']);
    expect(await pulls().health(fourth)).toMatchObject({ thread_alive: false, queue_position: null });
  });

  describe('cancel', () => {
    it('closes the connection, ends watchers and frees the name at once', async () => {
      const id = await startHeld('again');
      const watcher = await pulls().watch(id);
      expect(await pulls().cancel(id)).toMatchObject({
        status: 200,
        body: { success: true, message: expect.any(String) },
      });
      await server.simulator.waitFor('pulls.cancelled', 1);
      expect((await watcher.closed).code).toBe(1000);
      expect(watcher.frames.all.at(-1)).toMatchObject({
        type: 'status',
        data: { status: 'cancelled', error: null, error_code: 'CANCELLED', progress: { percent: 50 } },
      });
      // The same model again, right after: Ollama may still be busy with the end of the first pull.
      await server.simulator.control('release');
      await server.simulator.faults({ fault: 'context_canceled' });
      const second = await pulls().run('again');
      expect(second).toMatchObject({ status: 'completed', error: null });
      expect((await pulls().health(second.task_id)).retry_count).toBe(0);
    });

    it('PULL_NOT_ACTIVE: a pull that has ended stays as it ended', async () => {
      const { task_id: id } = await pulls().run('over');
      expect(await pulls().cancel(id)).toMatchObject({
        status: 400,
        body: { code: 'PULL_NOT_ACTIVE', detail: expect.any(String) },
      });
      expect((await pulls().get(id)).status).toBe('completed');
    });

    it('that cannot be stored has not happened', async () => {
      const app = await startApp(server.simulator.url, { DATABASE_BUSY_TIMEOUT_SECONDS: '0.2' });
      await hold({ fraction: 0.5 });
      const id = await pullsOf(app).start('unstored');
      await server.simulator.waitUntil('heldPulls', 1);
      const other = new SqliteFile(join(app.dataDirectory, 'llama-herd.sqlite'));
      other.exec('BEGIN IMMEDIATE');
      expect(await pullsOf(app).cancel(id)).toMatchObject({ status: 503, body: { code: 'DATABASE_BUSY' } });
      other.exec('ROLLBACK');
      other.close();
      expect((await pullsOf(app).get(id)).status).toBe('running');
      await server.simulator.control('release');
      expect((await pullsOf(app).untilOver(id)).status).toBe('completed');
      await app.close();
    });

    it('ends a pull of which Ollama says nothing', async () => {
      await pullFault('stall_before_first');
      const id = await pulls().start('silent');
      await server.simulator.waitFor('pulls.started', 1);
      expect((await pulls().cancel(id)).status).toBe(200);
      await server.simulator.waitFor('pulls.cancelled', 1);
    });
  });

  describe('dismiss', () => {
    it('removes a pull at work, whose watchers hear that it was cancelled', async () => {
      const id = await startHeld('dismissed');
      const watcher = await pulls().watch(id);
      expect((await pulls().dismiss(id)).body.success).toBe(true);
      await server.simulator.waitFor('pulls.cancelled', 1);
      expect((await watcher.closed).code).toBe(1000);
      expect(watcher.frames.all.at(-1)?.data['status']).toBe('cancelled');
      expect((await server.api.get(`/api/models/pull/${id}`)).status).toBe(404);
      expect(storedRows(server.dataDirectory, 'SELECT id FROM pull_tasks WHERE id = ?', id)).toEqual([]);
    });

    it('removes pulls that wait and pulls that ended', async () => {
      await hold({ fraction: 0.5 });
      const busy = [await pulls().start('b1'), await pulls().start('b2')];
      const waiting = await pulls().start('b3');
      expect((await pulls().dismiss(waiting)).status).toBe(200);
      await server.simulator.control('release');
      for (const id of busy) {
        await pulls().untilOver(id);
        expect((await pulls().dismiss(id)).status).toBe(200);
      }
      const left = Object.keys(await pulls().list());
      expect(left).not.toEqual(expect.arrayContaining([waiting]));
      expect((await server.simulator.requests('/api/pull')).map(({ body }) => body.model)).not.toContain(
        'b3',
      );
    });
  });

  describe('that fail', () => {
    it.each([
      ['unknown', {}, 'PULL_FAILED', 'pull model manifest: file does not exist'],
      ['full', { fault: 'disk_full' }, 'PULL_FAILED', 'no space left on device'],
      ['spoilt', { fault: 'digest_mismatch' }, 'PULL_FAILED', 'digest mismatch'],
      ['odd', { fault: 'garbage_line', match: { path: '/api/pull' } }, 'BAD_STREAM', 'not JSON'],
      ['shape', { fault: 'wrong_shape', match: { path: '/api/pull' } }, 'BAD_STREAM', 'shape'],
      [
        'refused',
        { fault: 'http_error', status: 400, text: 'no', match: { path: '/api/pull' } },
        'OLLAMA_REJECTED',
        'no',
      ],
    ])(
      "are not tried again where the same would come of it, with Ollama's text: %s",
      async (name, fault, code, text) => {
        if ('fault' in fault) {
          await server.simulator.faults(fault);
        }
        const task = await pulls().run(name);
        expect(task).toMatchObject({
          status: 'error',
          error_code: code,
          error: expect.stringContaining(text),
          completed_at: expect.any(String),
        });
        expect(await pulls().list()).toHaveProperty(task.task_id);
        expect(await server.simulator.requests('/api/pull')).toHaveLength(1);
      },
    );

    it.each([
      ['cut_mid_stream', 'PULL_CUT'],
      ['end_without_done', 'PULL_CUT'],
      ['half_line', 'BAD_STREAM'],
      ['offline', 'PULL_FAILED'],
      ['error_line', 'PULL_FAILED'],
      ['reset_before_headers', 'OLLAMA_UNREACHABLE'],
      ['http_error', 'OLLAMA_ERROR'],
      ['http_html', 'OLLAMA_ERROR'],
    ])('by %s end with the code %s', async (fault, code) => {
      await pullFault(fault, { times: 'forever' });
      expect(await pulls().run(`fault-${fault.replaceAll('_', '-')}`)).toMatchObject({
        status: 'error',
        error_code: code,
      });
    });

    it.each(['cut_mid_stream', 'end_without_done', 'offline', 'reset_before_headers', 'http_error'])(
      'by %s are tried again, and go on where they were',
      async (fault) => {
        await pullFault(fault, { times: 2 });
        const task = await pulls().run(`retry-${fault.replaceAll('_', '-')}`);
        expect(task).toMatchObject({ status: 'completed', error: null, progress: { percent: 100 } });
        expect(await pulls().health(task.task_id)).toMatchObject({
          retry_count: 2,
          last_retry_at: expect.stringMatching(/Z$/),
        });
        expect(await server.simulator.requests('/api/pull')).toHaveLength(3);
      },
    );

    it('never show less than before, whatever Ollama takes back', async () => {
      await pullFault('cut_mid_stream', { fraction: 0.8 });
      await pullFault('rolled_back', { fraction: 0.9 });
      await hold({ fraction: 0.1 });
      const id = await pulls().start('steady');
      const watcher = await pulls().watch(id);
      await server.simulator.waitUntil('heldPulls', 1);
      await server.simulator.control('release');
      await watcher.closed;
      const shown = watcher.frames.all.flatMap(({ type, data }) =>
        type === 'progress' ? [Number(data['percent'] ?? 0)] : [],
      );
      expect(shown).toEqual(shown.toSorted((a, b) => a - b));
      expect(shown.some((percent) => percent >= 80)).toBe(true);
      const requests = await server.simulator.requests('/api/pull');
      expect(requests.map(({ fault }) => fault)).toEqual(['cut_mid_stream', 'rolled_back']);
      expect((await pulls().get(id)).status).toBe('completed');
    });

    it('take unknown phases for what they are: information', async () => {
      await pullFault('unknown_status');
      expect((await pulls().run('strange')).status).toBe('completed');
    });
  });

  it('PULL_STALLED: no byte moves, although Ollama goes on telling; verifying may take its time', async () => {
    const app = await startApp(server.simulator.url, {
      PULL_STALE_SECONDS: '0.3',
      PULL_VERIFY_SECONDS: '30',
    });
    await pullFault('stalled_progress');
    expect(await pullsOf(app).run('stuck')).toMatchObject({ status: 'error', error_code: 'PULL_STALLED' });
    await server.simulator.waitFor('pulls.cancelled', 1);

    await server.simulator.control('config', { pullVerifyMs: 900 });
    const id = await pullsOf(app).start('thorough');
    const watcher = await pullsOf(app).watch(id);
    await watcher.frames.waitFor(({ data }) => data['status'] === 'verifying sha256 digest');
    await watcher.closed;
    expect((await pullsOf(app).get(id)).status).toBe('completed');
    await app.close();
  });

  it('PULL_STALLED: Ollama verifies for ever', async () => {
    const app = await startApp(server.simulator.url, { PULL_VERIFY_SECONDS: '0.2' });
    await hold({ phase: 'verify' });
    expect(await pullsOf(app).run('endless')).toMatchObject({
      status: 'error',
      error_code: 'PULL_STALLED',
      progress: { status: 'verifying sha256 digest' },
    });
    await app.close();
  });

  it('stay listed for a while after their end, then go for good', async () => {
    const app = await startApp(server.simulator.url, {
      PULL_CLEANUP_COMPLETED_SECONDS: '0.2',
      PULL_CLEANUP_FAILED_SECONDS: '0.3',
      PULL_CLEANUP_CANCELLED_SECONDS: '600',
    });
    const watcher = await SocketWatcher.connect(app.url, {}, '/models');
    await watcher.emit('subscribe', {});
    const failed = await pullsOf(app).run('missing');
    const completed = await pullsOf(app).run('short');
    await hold({ fraction: 0.5 });
    const cancelled = await pullsOf(app).start('kept');
    await pullsOf(app).cancel(cancelled);
    for (const { task_id: id, model_name } of [failed, completed]) {
      const { payload } = await watcher.waitFor('pull.removed', ({ task_id }) => task_id === id);
      expect(payload).toEqual({ task_id: id, model_name });
      expect((await app.api.get(`/api/models/pull/${id}`)).status).toBe(404);
    }
    expect(Object.keys(await pullsOf(app).list())).toEqual([cancelled]);
    expect(storedRows<{ id: string }>(app.dataDirectory, 'SELECT id FROM pull_tasks')).toEqual([
      { id: cancelled },
    ]);
    watcher.close();
    await app.close();
  });

  it('store every change of state at once, and progress too', async () => {
    const row = (id: string) =>
      storedRows<{ status: string; progress: string | null }>(
        server.dataDirectory,
        'SELECT status, progress FROM pull_tasks WHERE id = ?',
        id,
      )[0];
    const id = await startHeld('stored');
    const watcher = await SocketWatcher.connect(server.url, {}, '/models');
    const { tasks } = (await watcher.emit('subscribe', { taskId: id })) as {
      tasks: Record<string, PullTaskStatus>;
    };
    expect(tasks[id]?.status).toBe('running');
    expect(row(id)?.status).toBe('running');
    await pulls().cancel(id);
    expect(row(id)?.status).toBe('cancelled');
    expect(JSON.parse(row(id)?.progress ?? '{}')).toMatchObject({ percent: 50 });
    watcher.close();
  });
});
