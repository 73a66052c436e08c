import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { type Conversation } from '../../src/conversations/conversation.dto';
import { type CatalogEntry } from '../../src/models/catalog/model-catalog.entity';
import { said } from '../support/api';
import { anExperiment } from '../support/factories';
import {
  writeCurrentLayout,
  writeEverything,
  writeFlatLayout,
  writeSaved,
} from '../support/old-data/layouts';
import { OldFolder } from '../support/old-data/old-folder';
import { oldExperiment, oldMessage, oldRun, oldSaved } from '../support/old-data/old-records';
import { PlainClient } from '../support/plain-client';
import { NO_OLLAMA } from '../support/server-process';
import { SocketWatcher } from '../support/socket-watcher';
import { storedRows } from '../support/stored-rows';
import { startApp, temporaryFolder } from '../support/test-app';

const PROGRAM = join(__dirname, '../../dist/importer/main.js');
const ZONE = 'Europe/Berlin';

interface ImportReport {
  readonly dry_run: boolean;
  readonly counts: Record<string, Record<'imported' | 'updated' | 'unchanged' | 'skipped', number>>;
  readonly skipped: { readonly kind: string; readonly path: string; readonly reason: string }[];
  readonly notes: { readonly path: string; readonly text: string }[];
}

describe('the import', () => {
  let old: OldFolder;
  let data: string;

  beforeEach(() => {
    old = new OldFolder();
    data = temporaryFolder();
  });
  afterEach(() => {
    old.remove();
    rmSync(data, { recursive: true, force: true });
  });

  const start = (...args: string[]) =>
    spawnSync(process.execPath, [PROGRAM, ...args], {
      cwd: data,
      env: { DATA_DIRECTORY: data },
      encoding: 'utf8',
    });
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = start(old.path, '--timezone', ZONE, '--json', ...args);
    return { status, stderr, report: JSON.parse(stdout) as ImportReport };
  };
  const change = (sql: string) => {
    const file = new SqliteFile(join(data, 'llama-herd.sqlite'));
    file.exec(sql);
    file.close();
  };
  const titleOf = (table: 'experiments' | 'conversations', id: string) =>
    storedRows<{ title: string }>(data, `SELECT title FROM ${table} WHERE id = ?`, id)[0]?.title;
  /** Why files were left out; of one with several reasons the last. */
  const reasons = ({ skipped }: ImportReport) =>
    Object.fromEntries(skipped.map(({ path, reason }) => [path, reason]));

  describe('of all layouts', () => {
    let outside: string;

    beforeEach(() => {
      outside = join(data, 'outside.json');
      writeFileSync(outside, JSON.stringify(oldSaved('secret')));
      writeEverything(old, outside);
    });

    it('leaves an identical database when it runs again, and the source as it was', () => {
      const before = old.state();
      const first = run();
      const dump = dumpOf(data);
      const second = run();

      expect(first.status).toBe(2);
      expect(first.report.counts).toEqual({
        experiments: { imported: 10, updated: 0, unchanged: 0, skipped: 7 },
        runs: { imported: 23, updated: 0, unchanged: 0, skipped: 7 },
        conversations: { imported: 4, updated: 0, unchanged: 0, skipped: 4 },
        pull_tasks: { imported: 5, updated: 0, unchanged: 0, skipped: 1 },
        catalog: { imported: 1, updated: 0, unchanged: 0, skipped: 1 },
      });
      expect(second.report.counts).toEqual({
        experiments: { imported: 0, updated: 0, unchanged: 10, skipped: 7 },
        runs: { imported: 0, updated: 0, unchanged: 23, skipped: 7 },
        conversations: { imported: 0, updated: 0, unchanged: 4, skipped: 4 },
        pull_tasks: { imported: 0, updated: 0, unchanged: 5, skipped: 1 },
        catalog: { imported: 0, updated: 0, unchanged: 1, skipped: 1 },
      });
      expect(second.report.skipped).toEqual(first.report.skipped);
      expect(dumpOf(data)).toEqual(dump);
      expect(dump).toContain('The tenth, edited');
      expect(dump).not.toContain('secret');
      expect(old.state()).toEqual(before);
    });

    it('says of everything that it leaves out where it is and why', () => {
      const { report } = run();
      expect(reasons(report)).toEqual({
        'experiments/absurd/experiment.json': 'id: has more than 200 characters',
        'experiments/blank/experiment.json': 'is no experiment: it has neither a task nor a title',
        'experiments/bytes/experiment.json': 'is not UTF-8 text',
        'experiments/empty/experiment.json': 'is empty',
        'experiments/half/experiment.json': 'its run was left out with it',
        'experiments/list/experiment.json': 'must be an object, not a list',
        'experiments/missing/experiment.json': 'its run was left out with it',
        'experiments/sound/conversations/2.json': 'messages[1].content: must be text, not an object',
        'experiments/sound/conversations/3.json': 'messages: must be a list, not text',
        'experiments/sound/conversations/4.json': 'title: must not contain NUL characters',
        'experiments/sound/conversations/notes.json': 'its name is not the number of a run',
        'conversations/orphan.json': 'its experiment nowhere is not there',
        'imported_conversations/broken-link.json': 'cannot be read: it does not exist',
        'imported_conversations/long.json': 'title: has more than 500 characters (MAX_TITLE_CHARACTERS)',
        'imported_conversations/out.json': 'is a link that leads out of the data directory',
        'imported_conversations/twice.json': 'has the same id as imported_conversations/c1.json',
        'pull_tasks.json': 'p6.model_name: must be text, not the number 7',
        'model_catalog.json': 'models[2].tag: is missing',
      });
      expect(report.skipped).toContainEqual({
        kind: 'experiments',
        path: 'experiments/half/experiment.json',
        reason: expect.stringMatching(/^is not JSON: /),
      });
      expect(report.notes.map(({ path }) => path)).toEqual([
        'imported_conversations/odd_3.json',
        'imported_conversations/twelve_10.json',
        'experiments/odd/experiment.json',
        'imported_conversations/2025-03-04_10-11-12_My talk.json',
      ]);
    });

    it('stores the pulls and the catalog', () => {
      run();
      expect(
        storedRows(
          data,
          'SELECT id, status, error_code, error, created_at, completed_at FROM pull_tasks ORDER BY id',
        ),
      ).toEqual([
        pull('p1', 'completed'),
        pull('p2', 'error', 'INTERRUPTED', 'Interrupted by server restart', '2026-01-22T18:00:59.000Z'),
        pull('p3', 'error', 'INTERRUPTED', 'Interrupted by server restart', '2026-01-22T18:00:00.000Z'),
        pull('p4', 'error', null, 'no such model'),
        pull('p5', 'cancelled'),
      ]);
      const [catalog] = storedRows<{ models: string; updated_at: string }>(
        data,
        'SELECT * FROM model_catalogs',
      );
      expect(catalog?.updated_at).toBe('2026-01-22T18:00:00.000Z');
      expect(JSON.parse(catalog?.models ?? '')).toMatchObject([
        { tag: 'large:70b', size: 40e9, pull_count: 9 },
        { tag: 'small:1b', size: null, pull_count: 5 },
      ]);
    });

    it('stores saved conversations with an agent for every message', () => {
      run();
      const saved = storedRows<{ id: string; agents: string; imported_at: string; created_at: string }>(
        data,
        'SELECT id, agents, imported_at, created_at FROM conversations WHERE experiment_id IS NULL ORDER BY id',
      );
      expect(saved.map(({ id, created_at, imported_at }) => [id, created_at, imported_at])).toEqual([
        // Named with its date, so its times are UTC.
        ['../talk 7', '2025-03-04T10:11:12.000Z', '2025-03-04T10:12:00.000Z'],
        ['c1', '2026-01-20T09:00:00.000Z', '2026-01-20T10:00:00.000Z'],
        // On the clocks of the server, and with no time of its import.
        ['c2', '2026-01-20T08:00:00.000Z', '2026-01-20T08:00:00.000Z'],
        ['loose', '2026-01-20T09:00:00.000Z', '2026-01-20T10:00:00.000Z'],
      ]);
      const agents = JSON.parse(saved[0]?.agents ?? '') as { id: string; name: string }[];
      expect(agents.map(({ id }) => id)).toEqual(['a1', 'gone', 'unknown']);
      expect(
        storedRows(
          data,
          `SELECT agent_id, content FROM messages WHERE conversation_id = '../talk 7' ORDER BY seq`,
        ),
      ).toEqual([
        { agent_id: 'a1', content: 'Hello' },
        { agent_id: 'gone', content: 'Who am I?' },
        { agent_id: 'unknown', content: 'And I?' },
        { agent_id: 'a1', content: '' },
      ]);
    });

    it('shows it all through the API', async () => {
      run();
      const server = await startApp(NO_OLLAMA, { DATA_DIRECTORY: data });
      const { api } = server;
      const list = await api.list();
      const twelve = await api.experiment('twelve');
      const dataset = await api.experiment('dataset');
      const script = await api.experiment('script');
      const interrupted = await api.experiment('running');
      const flat = await api.experiment('flat');
      const { body: saved } = await api.get<{ conversations: Conversation[] }>('/api/conversations');
      const talk = await api.get<Conversation>(`/api/conversations/${encodeURIComponent('../talk 7')}`);
      const tenth = await api.get<Conversation>('/api/conversations/twelve_10');
      const left = await api.get<Conversation>('/api/conversations/odd_3');
      const info = await api.get('/api/conversations/storage/info');
      const catalog = await api.get<{ models: CatalogEntry[] }>('/api/models/catalog');
      const plain = await PlainClient.connect(server.url, '/ws/experiments/twelve');
      const closed = await plain.closed;
      const watcher = await SocketWatcher.connect(server.url);
      const subscription = await watcher.subscribe('twelve', { after: 0 });
      watcher.close();
      await server.close();

      expect(list.map(({ experiment_id: id, message_count: count }) => `${id} ${count}`).toSorted()).toEqual([
        'dataset 3',
        'failed 0',
        'flat 6',
        'grouped 6',
        'grouped-two 3',
        'odd 2',
        'running 3',
        'script 6',
        'sound 3',
        'twelve 36',
      ]);
      expect(twelve).toMatchObject({
        title: 'Experiment twelve',
        status: 'completed',
        created_at: '2026-01-22T18:05:22.351Z',
        completed_at: '2026-01-22T18:07:00.000Z',
        iterations: 12,
        current_iteration: 12,
        completed_runs: 12,
        error: null,
      });
      expect(twelve.conversations.map(({ id }) => id)).toEqual(
        Array.from({ length: 12 }, (_, index) => `twelve_${index + 1}`),
      );
      expect(twelve.conversations[9]?.title).toBe('The tenth, edited');
      expect(said(twelve.conversations[1])).toEqual([
        'agent-2: Plan a trip',
        'guide: Lisbon, for run 2',
        'critic: Too far',
      ]);
      // System had the id of a configured agent.
      expect(said(dataset.conversations[0])).toEqual(['agent-3: 1 + 1', 'agent-1: 2', 'agent-2: Right']);
      expect(dataset.conversations[0]?.agents.map(({ id, name }) => `${id} ${name}`)).toEqual([
        'agent-1 Solver',
        'agent-2 Checker',
        'agent-3 System',
      ]);
      expect(dataset).toMatchObject({ iterations: 2, task: { id: '', prompt: 'Answer' } });
      // Without task and agents in its file.
      expect(script).toMatchObject({ iterations: 2, task: { prompt: 'Plan a trip', datasetItems: null } });
      expect(script.agents.map(({ id, name }) => `${id} ${name}`)).toEqual(['guide Guide', 'critic Critic']);
      expect(interrupted).toMatchObject({
        status: 'error',
        error_code: 'INTERRUPTED',
        error: 'Interrupted by server restart',
        conversation: null,
      });
      // Times without a zone are UTC in the older layouts.
      expect(flat.created_at).toBe('2026-01-22T19:05:22.351Z');
      expect(saved.conversations.map(({ id, importedAt }) => `${id} ${importedAt}`)).toEqual([
        'loose 2026-01-20T10:00:00.000Z',
        'c1 2026-01-20T10:00:00.000Z',
        'c2 2026-01-20T08:00:00.000Z',
        '../talk 7 2025-03-04T10:12:00.000Z',
      ]);
      expect(saved.conversations[1]).toMatchObject({
        agents: [{ id: 'a1', name: 'Guide', originalName: 'Old guide', model: 'm:1b' }],
        messages: [{ id: 's1', agentId: 'a1', content: 'Hello', timestamp: '2026-01-20T09:00:00.000Z' }, {}],
        source: 'import',
      });
      expect(talk).toMatchObject({ status: 200, body: { title: 'My talk' } });
      expect(tenth.body).toMatchObject({ title: 'The tenth, edited', iteration: 10, importedAt: null });
      // Its own file is gone: what is left is the copy that was made when it was edited.
      expect(left.body).toMatchObject({ title: 'All that is left', experiment_id: 'odd', iteration: 3 });
      expect(info.body).toMatchObject({
        experiment_count: 10,
        conversation_count: 23,
        imported_conversation_count: 4,
      });
      expect(catalog.body.models.map(({ tag }) => tag)).toEqual(['large:70b', 'small:1b']);
      expect(closed).toMatchObject({ code: 1000 });
      expect(subscription).toMatchObject({ seq: 0, state: 'completed', completed_runs: 12 });
    });
  });

  describe('of data that changes between two imports', () => {
    beforeEach(() => {
      old.write(
        'experiments/e/experiment.json',
        oldExperiment('e', { status: 'running', completed_at: undefined }),
      );
      old.write('experiments/e/conversations/1.json', oldRun('e', 1));
      old.write('imported_conversations/c.json', oldSaved('c'));
      run();
    });

    it('takes in what is new in the source', () => {
      old.write('experiments/e/experiment.json', oldExperiment('e', { title: 'Renamed' }));
      old.write('experiments/e/conversations/2.json', oldRun('e', 2));
      old.write('imported_conversations/c.json', oldSaved('c', { messages: [] }));
      const { status, report } = run();

      expect(status).toBe(0);
      expect(report.counts).toMatchObject({
        experiments: { imported: 0, updated: 1, unchanged: 0 },
        runs: { imported: 1, updated: 0, unchanged: 1 },
        conversations: { imported: 0, updated: 1, unchanged: 0 },
      });
      expect(
        storedRows(
          data,
          'SELECT title, state, error, completed_runs, message_count, completed_at FROM experiments',
        ),
      ).toEqual([
        {
          title: 'Renamed',
          state: 'completed',
          error: null,
          completed_runs: 2,
          message_count: 6,
          completed_at: '2026-01-22T18:07:00.000Z',
        },
      ]);
      expect(storedRows(data, `SELECT * FROM messages WHERE conversation_id = 'c'`)).toEqual([]);
    });

    it('keeps the titles that users gave here', () => {
      change(
        `UPDATE experiments SET title = 'Mine'; UPDATE conversations SET title = 'Mine too' WHERE id = 'e_1'`,
      );
      expect(run().report.counts['experiments']).toMatchObject({ updated: 0, unchanged: 1 });
      old.write('experiments/e/experiment.json', oldExperiment('e', { title: 'Renamed' }));
      old.write('imported_conversations/copy.json', oldSaved('e_1', { title: 'Edited there' }));
      run();

      expect(titleOf('experiments', 'e')).toBe('Mine');
      expect(titleOf('conversations', 'e_1')).toBe('Mine too');
      expect(storedRows(data, 'SELECT state FROM experiments')).toEqual([{ state: 'completed' }]);
    });

    it('leaves a conversation that was edited here, and says so when it was edited there too', async () => {
      const server = await startApp(NO_OLLAMA, { DATA_DIRECTORY: data });
      const { body } = await server.api.get<Conversation>('/api/conversations/c');
      const edited = body.messages.map((message) => ({ ...message, content: 'Edited here' }));
      const { status: answered } = await server.api.put('/api/conversations/c', { messages: edited });
      await server.app.close();
      expect(answered).toBe(200);
      expect(run().status).toBe(0);
      old.write('imported_conversations/c.json', oldSaved('c', { title: 'Edited there' }));
      const { status, report } = run();

      expect(status).toBe(2);
      expect(reasons(report)).toEqual({
        'imported_conversations/c.json':
          'was changed here and in the source since the last import; the one that is here stays',
      });
      expect(titleOf('conversations', 'c')).toBe('Saved c');
      expect(storedRows(data, `SELECT content FROM messages WHERE conversation_id = 'c'`)).toContainEqual({
        content: 'Edited here',
      });
    });

    it('takes a conversation that was only saved here again, as it was, for not edited', async () => {
      const server = await startApp(NO_OLLAMA, { DATA_DIRECTORY: data });
      const { body } = await server.api.get<Conversation>('/api/conversations/c');
      await server.api.put('/api/conversations/c', body);
      await server.app.close();
      old.write('imported_conversations/c.json', oldSaved('c', { messages: [] }));
      expect(run().report.counts['conversations']).toMatchObject({ updated: 1, skipped: 0 });
    });

    it('corrects all times when it runs again with the right zone', () => {
      run('--timezone', 'UTC');
      expect(storedRows(data, 'SELECT created_at FROM experiments')).toEqual([
        { created_at: '2026-01-22T19:05:22.351Z' },
      ]);
      run();
      expect(storedRows(data, 'SELECT created_at FROM experiments')).toEqual([
        { created_at: '2026-01-22T18:05:22.351Z' },
      ]);
    });

    it('brings back what was deleted here', async () => {
      const server = await startApp(NO_OLLAMA, { DATA_DIRECTORY: data });
      await server.api.delete('/api/experiments/e');
      await server.app.close();
      expect(run().report.counts).toMatchObject({ experiments: { imported: 1 }, runs: { imported: 1 } });
      expect(storedRows(data, 'SELECT message_count FROM experiments')).toEqual([{ message_count: 3 }]);
    });
  });

  describe('beside what this server made itself', () => {
    it('leaves it as it is', async () => {
      const server = await startApp(NO_OLLAMA, { DATA_DIRECTORY: data });
      const id = await server.api.start(anExperiment({ task: { id: 't', prompt: 'Of this server' } }));
      await server.app.close();
      change(
        `INSERT INTO conversations (id, title, state, prompt, agents, source, imported_at, created_at)
         VALUES ('c', 'Of this server', 'completed', '', '[]', 'import', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')`,
      );
      old.write(`experiments/${id}/experiment.json`, oldExperiment(id));
      old.write(`experiments/${id}/conversations/7.json`, oldRun(id, 7));
      old.write('imported_conversations/c.json', oldSaved('c'));
      const before = dumpOf(data);
      const { status, report } = run();

      expect(status).toBe(2);
      expect(reasons(report)).toEqual({
        [`experiments/${id}/experiment.json`]: 'its run was left out with it',
        'imported_conversations/c.json': 'this server has one of its own under this id',
      });
      expect(report.counts).toMatchObject({ experiments: { skipped: 1 }, runs: { skipped: 1 } });
      expect(dumpOf(data)).toEqual(before);
    });

    it('says what it would do while a server runs, and stores nothing', async () => {
      old.write('experiments/e/experiment.json', oldExperiment('e'));
      const server = await startApp(NO_OLLAMA, { DATA_DIRECTORY: data });
      const dry = run('--dry-run');
      const real = start(old.path);
      await server.app.close();

      expect(dry).toMatchObject({
        status: 0,
        report: { dry_run: true, counts: { experiments: { imported: 1 } } },
      });
      expect(real).toMatchObject({ status: 1, stdout: '' });
      expect(real.stderr).toContain('Another server uses the data directory');
      expect(storedRows(data, 'SELECT * FROM experiments')).toEqual([]);
      run();
      expect(run('--dry-run').report.counts).toMatchObject({ experiments: { imported: 0, unchanged: 1 } });
    });

    it('says in a dry run without a database what it would store, and makes none', () => {
      writeCurrentLayout(old);
      const target = join(data, 'not-there');
      const { status, stdout } = spawnSync(process.execPath, [PROGRAM, old.path, '--dry-run'], {
        cwd: data,
        env: { DATA_DIRECTORY: target },
        encoding: 'utf8',
      });
      expect(status).toBe(0);
      expect(stdout).toMatch(/^Would import .*\n\n.*\nexperiments +6 +0 +0 +0\nruns +16 /);
      expect(() => storedRows(target, 'SELECT 1')).toThrow();
    });
  });

  it('reads a data directory that this server uses too', () => {
    writeSaved(old);
    const { status, stdout } = spawnSync(process.execPath, [PROGRAM, old.path, '--json'], {
      cwd: data,
      env: { DATA_DIRECTORY: old.path },
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ counts: { conversations: { imported: 5 } } });
  });

  it('finds the experiments where EXPERIMENTS_DIRECTORY says', () => {
    old.write('studies/deep/e/experiment.json', oldExperiment('e'));
    const { stdout } = spawnSync(process.execPath, [PROGRAM, old.path, '--json'], {
      cwd: data,
      env: { DATA_DIRECTORY: data, EXPERIMENTS_DIRECTORY: 'studies/deep' },
      encoding: 'utf8',
    });
    expect(JSON.parse(stdout)).toMatchObject({ counts: { experiments: { imported: 1 } } });
  });

  it('stores an experiment in parts that is too large for one transaction', () => {
    old.write('experiments/big/experiment.json', oldExperiment('big', { iterations: 6 }));
    for (let iteration = 1; iteration <= 6; iteration += 1) {
      const long = oldMessage('m', 'guide', 'Guide', 'x'.repeat(900_000));
      old.write(
        `experiments/big/conversations/${iteration}.json`,
        oldRun('big', iteration, { messages: [long] }),
      );
    }
    expect(run().report.counts).toMatchObject({ experiments: { imported: 1 }, runs: { imported: 6 } });
    expect(
      storedRows(data, 'SELECT completed_runs, message_count, current_iteration FROM experiments'),
    ).toEqual([{ completed_runs: 6, message_count: 6, current_iteration: 6 }]);
  });

  it('takes a flat directory alone', () => {
    writeFlatLayout(old);
    rmSync(join(old.path, 'conversations/orphan.json'));
    expect(run().status).toBe(0);
    expect(storedRows(data, 'SELECT id, title FROM conversations ORDER BY id')).toEqual([
      { id: 'flat_1', title: 'Run 1' },
      { id: 'flat_2', title: 'Run 2' },
      { id: 'loose', title: 'Saved loose' },
    ]);
  });

  it.each<[string, (path: string) => string[], RegExp]>([
    ['no directory', () => [], /Name one data directory/],
    [
      'a directory that is not there',
      (path) => [join(path, 'nowhere')],
      /nowhere cannot be read: it does not exist/,
    ],
    ['a file', (path) => [join(path, 'a.txt')], /cannot be read: it is not a folder/],
    ['a directory of something else', (path) => [path], /no data directory of the FastAPI backend/],
    ['an unknown zone', (path) => [path, '--timezone', 'Mars/Olympus'], /--timezone takes a name such as/],
    ['an unknown flag', (path) => [path, '--fast'], /--fast/],
  ])('ends with 1 and a reason for %s', (_what, args, reason) => {
    mkdirSync(join(old.path, 'other'));
    old.write('a.txt', 'x');
    const { status, stdout, stderr } = start(...args(old.path));
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(reason);
  });

  it('explains itself', () => {
    const { status, stdout } = start('--help');
    expect(status).toBe(0);
    expect(stdout).toContain('npm run import -- <data-directory>');
  });
});

/** All tables, row by row. */
function dumpOf(dataDirectory: string): string {
  const tables = storedRows<{ name: string }>(
    dataDirectory,
    `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`,
  );
  return tables
    .map(({ name }) =>
      JSON.stringify([name, storedRows(dataDirectory, `SELECT * FROM "${name}" ORDER BY 1, 2`)]),
    )
    .join('\n');
}

function pull(
  id: string,
  status: string,
  errorCode: string | null = null,
  error: string | null = null,
  completedAt = '2026-01-22T18:01:00.000Z',
) {
  return {
    id,
    status,
    error_code: errorCode,
    error,
    created_at: '2026-01-22T18:00:00.000Z',
    completed_at: completedAt,
  };
}
