import { createHash } from 'node:crypto';
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import SqliteFile from 'better-sqlite3';
import { Database } from '../../src/database/database';
import { canMount, type SmallVolume, smallVolume } from '../../src/database/testing/small-volume';
import { startProgram } from '../support/child-process';
import { aConversation, aMessage, anAgent, anExperiment } from '../support/factories';
import { lockDatabase } from '../support/locked-database';
import { type Simulator, startSimulator } from '../support/simulator';
import { SocketWatcher } from '../support/socket-watcher';
import { startApp, startServer, temporaryFolder, type TestApp } from '../support/test-app';
import { finished } from '../support/with-server';

const MIB = 1024 * 1024;
const FULL = { status: 507, body: { code: 'STORAGE_FULL' } };

const bigConversation = () =>
  aConversation({ id: 'big', messages: [aMessage(1, { content: 'x'.repeat(300_000) })] });

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.reset());
afterAll(() => simulator.stop());

describe('a database that may not grow any more', () => {
  let app: TestApp;

  afterEach(() => app.close());

  it('STORAGE_FULL: answers everything new with 507, goes on reading and deleting', async () => {
    app = await startApp(simulator.url, { STORAGE_CHECK_SECONDS: '3600' });
    const { experiment } = await finished(app, await app.api.start(anExperiment()));
    await app.api.post('/api/conversations', aConversation());
    await app.app.get(Database).write((tx) => tx.query('PRAGMA max_page_count = 1'));

    const refused = await app.api.post('/api/conversations', bigConversation());
    expect(refused).toMatchObject({ ...FULL, body: { ...FULL.body, error: 'STORAGE_ERROR' } });
    expect(await app.api.post('/api/conversations', aConversation({ id: 'other' }))).toMatchObject(FULL);
    expect(await app.api.post('/api/conversations/import', [aConversation({ id: 'third' })])).toMatchObject(
      FULL,
    );
    expect(await app.api.post('/api/experiments/start', anExperiment())).toMatchObject(FULL);

    expect(await app.api.list()).toHaveLength(1);
    expect(await app.api.experiment(experiment.experiment_id)).toEqual(experiment);
    expect((await app.api.get('/api/conversations/conv-1')).status).toBe(200);
    expect((await app.api.delete('/api/conversations/conv-1')).status).toBe(200);
    expect((await app.api.delete(`/api/experiments/${experiment.experiment_id}`)).status).toBe(200);
    expect(await app.api.list()).toEqual([]);
    expect((await app.api.get('/api/conversations/big')).status).toBe(404);
  });
});

(canMount ? describe : describe.skip)('a full volume (skipped where this user may not mount one)', () => {
  let volume: SmallVolume;

  afterEach(() => volume.remove());

  it('costs nothing that was acknowledged, lets deleting work, and is left without a restart', async () => {
    volume = smallVolume(24 * MIB);
    const server = await startServer(simulator.url, volume.path, {
      STORAGE_RESERVE_BYTES: String(2 * MIB),
      STORAGE_CHECK_SECONDS: '0.05',
    });
    const roomAgain = new Promise<void>((resolve) => {
      server.child.stdout?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('has room again')) {
          resolve();
        }
      });
    });
    const first = await server.api.start(anExperiment());
    await finished(server, first);
    await simulator.control('hold', { afterTokens: 1 });
    const running = await server.api.start(anExperiment({ chat_rules: { max_rounds: 5 } }));
    await simulator.waitUntil('heldChats', 1);
    const stopped = await server.api.start(anExperiment());
    const removed = await server.api.start(anExperiment());
    const watcher = await SocketWatcher.connect(server.url);
    await watcher.subscribe(running, { after: 0 });
    volume.fill(20_000);
    const accepted = [first, running, stopped, removed];
    let refused;
    do {
      refused = await server.api.post<{ experiment_id: string }>('/api/experiments/start', anExperiment());
      accepted.push(...(refused.status === 200 ? [refused.body.experiment_id] : []));
    } while (refused.status === 200);
    expect(refused).toMatchObject(FULL);
    expect(readdirSync(volume.path)).not.toContain('reserve');
    const listed = (await server.api.list()).map(({ experiment_id }) => experiment_id);
    expect(new Set(listed)).toEqual(new Set(accepted));
    // Even with the last room for work in progress used up, what runs can be stopped and removed.
    const { bavail, bsize } = statfsSync(volume.path);
    writeFileSync(join(volume.path, 'more'), Buffer.alloc(Math.max(0, bavail * bsize - MIB / 2)));
    expect(await server.api.post(`/api/experiments/${stopped}/stop`, {})).toMatchObject({
      status: 200,
      body: { state: 'cancelled' },
    });
    expect((await server.api.delete(`/api/experiments/${removed}`)).status).toBe(200);
    accepted.splice(accepted.indexOf(removed), 1);
    rmSync(join(volume.path, 'more'));
    // The turn in progress is stored; then the experiment pauses.
    await simulator.control('release');
    await watcher.waitFor(
      'experiment.status',
      ({ state, pause_reason }) => state === 'paused' && pause_reason === 'storage_full',
    );
    expect(watcher.events.filter(({ type }) => type === 'message')).toHaveLength(2);

    expect((await server.api.delete(`/api/experiments/${first}`)).status).toBe(200);
    rmSync(join(volume.path, 'filler'));
    await roomAgain;
    expect(statSync(join(volume.path, 'reserve')).size).toBe(2 * MIB);
    const last = await finished(server, await server.api.start(anExperiment()));
    expect(last.experiment.status).toBe('completed');
    await watcher.untilOver();
    watcher.close();
    for (const id of accepted.slice(1)) {
      expect((await finished(server, id)).experiment).toMatchObject({ status: 'completed', failed_runs: 0 });
    }
    expect(await server.stop()).toBe(0);

    const again = await startServer(simulator.url, volume.path);
    const kept = (await again.api.list()).map(({ experiment_id }) => experiment_id);
    expect(new Set(kept)).toEqual(new Set([...accepted.slice(1), last.experiment.experiment_id]));
    await again.stop();
  });
});

describe('a database that another process locks', () => {
  let app: TestApp;

  afterEach(() => app.close());

  it('costs nothing within the limit: no request and no run fails, and the server stays responsive', async () => {
    app = await startApp(simulator.url);
    const running = await Promise.all([1, 2].map(() => app.api.start(anExperiment({ iterations: 3 }))));
    const lock = await lockDatabase(app.dataDirectory);
    const lag = monitorEventLoopDelay({ resolution: 5 });
    lag.enable();
    const answers = Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        index % 2 === 0
          ? app.api.post<{ experiment_id: string }>('/api/experiments/start', anExperiment())
          : app.api.post('/api/conversations', aConversation({ id: `conv-${index}` })),
      ),
    );
    const until = performance.now() + 3_000;
    let reads = 0;
    for (; performance.now() < until; reads += 1) {
      expect((await app.api.get('/api/experiments')).status).toBe(200);
      await wait(20);
    }
    lag.disable();
    await lock.free();

    expect((await answers).map(({ status }) => status)).toEqual(Array.from({ length: 40 }, () => 200));
    for (const id of running) {
      expect((await finished(app, id)).experiment).toMatchObject({ status: 'completed', failed_runs: 0 });
    }
    expect(lag.percentile(99) / 1e6).toBeLessThan(200);
    expect(reads).toBeGreaterThan(20);
  });

  it('is answered with 503 after the limit, while experiments wait until they can be stored', async () => {
    app = await startApp(simulator.url, { DATABASE_BUSY_TIMEOUT_SECONDS: '0.2' });
    await simulator.control('hold', { afterTokens: 1 });
    const id = await app.api.start(anExperiment({ agents: [anAgent('Solo')] }));
    await simulator.waitUntil('heldChats', 1);
    const lock = await lockDatabase(app.dataDirectory);
    await simulator.control('release');
    for (let tries = 0; tries < 4; tries += 1) {
      const refused = await app.api.post('/api/experiments/start', anExperiment());
      expect(refused).toMatchObject({ status: 503, body: { code: 'DATABASE_BUSY' } });
      expect(refused.headers.get('retry-after')).not.toBeNull();
    }
    await lock.free();

    expect((await finished(app, id)).experiment).toMatchObject({ status: 'completed', failed_runs: 0 });
  });
});

describe('a server that cannot use its database', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = temporaryFolder();
    file = join(folder, 'llama-herd.sqlite');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const evidence = () =>
    readdirSync(folder).map((name) => [
      name,
      statSync(join(folder, name)).mtimeMs,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]);

  /** How the server ends, and what it says. */
  async function start() {
    const env = { DATA_DIRECTORY: folder, API_PORT: '0', API_HOST: '127.0.0.1' };
    const program = await startProgram(join(__dirname, '../../dist/main.js'), [], env, /could not start: .+/);
    return { code: await program.exit, text: program.match[0] };
  }

  it('ends with 3 when it is none, and leaves it as it is', async () => {
    writeFileSync(file, 'This is no database. '.repeat(500));
    const before = evidence();

    expect(await start()).toEqual({ code: 3, text: expect.stringContaining('npm run restore') });
    expect(evidence()).toEqual(before);
  });

  it('ends with 4 when a newer release made it, and leaves it as it is', async () => {
    await (await startServer(simulator.url, folder)).stop();
    const newer = new SqliteFile(file);
    newer.exec(`INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'Later9999999999999')`);
    newer.close();
    const before = evidence();

    expect(await start()).toEqual({ code: 4, text: expect.stringContaining('Later9999999999999') });
    expect(evidence()).toEqual(before);
  });

  it('ends with 5 when another server uses it', async () => {
    const server = await startServer(simulator.url, folder);

    expect(await start()).toEqual({ code: 5, text: expect.stringContaining('Another server') });
    expect((await server.api.get('/health')).status).toBe(200);
    await server.stop();
  });

  it('goes on when it is damaged meanwhile: such requests fail with 500, and the log says what to do', async () => {
    const server = await startServer(simulator.url, folder);
    const id = await server.api.start(anExperiment());
    await finished(server, id);
    const other = new SqliteFile(file);
    other.pragma('wal_checkpoint(TRUNCATE)');
    // After a change of another process, nothing of what was read before is trusted.
    other.pragma('user_version = 1');
    other.pragma('wal_checkpoint(TRUNCATE)');
    other.close();
    const size = statSync(file).size;
    const descriptor = openSync(file, 'r+');
    writeSync(descriptor, Buffer.alloc(size - 4096, 0xa5), 0, size - 4096, 4096);
    closeSync(descriptor);

    const answer = await server.api.get(`/api/experiments/${id}`);
    expect(answer).toMatchObject({ status: 500, body: { code: 'INTERNAL_ERROR' } });
    expect((await server.api.post('/api/experiments/start', anExperiment())).status).toBe(500);
    expect(server.output()).toMatch(/ERROR Database "The database is damaged\. .*npm run restore/);
    expect((await server.api.get('/health')).status).toBe(200);
    expect(server.child.exitCode).toBeNull();
    await server.stop('SIGKILL');
  });
});
