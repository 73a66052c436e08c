import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { anExperiment } from '../support/factories';
import { folderChange } from '../support/folder-change';
import { runProgram } from '../support/run-program';
import { startServer } from '../support/test-app';
import { withDataFolder } from '../support/with-data-folder';
import { finished } from '../support/with-server';

describe('backup and restore', () => {
  const around = withDataFolder();
  const databaseIn = (folder: string) => join(folder, 'llama-herd.sqlite');
  const backup = (args: string[] = [], during?: (kill: () => void) => Promise<void>) =>
    runProgram('backup/backup-main', args, { DATA_DIRECTORY: around.folder }, during);
  const restore = (...args: string[]) =>
    runProgram('backup/restore-main', args, { DATA_DIRECTORY: around.folder });

  /** All rows of some tables. */
  function rowsOf(file: string): Record<string, unknown[]> {
    const database = new SqliteFile(file, { readonly: true });
    const tables = [
      'experiments',
      'conversations',
      'turns',
      'messages',
      'model_calls',
      'events',
      'migrations',
    ];
    const rows = tables.map((table) => [
      table,
      database.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all(),
    ]);
    database.close();
    return Object.fromEntries(rows) as Record<string, unknown[]>;
  }

  async function withServer<T>(
    use: (server: Awaited<ReturnType<typeof startServer>>) => Promise<T>,
  ): Promise<T> {
    const server = await startServer(around.simulator.url, around.folder);
    try {
      return await use(server);
    } finally {
      await server.stop();
    }
  }

  it('bring back what was stored at the moment of the backup, which was made while four experiments ran', async () => {
    const request = anExperiment({ iterations: 200, chat_rules: { max_rounds: 4 } });
    const ids = await withServer(async ({ api }) => {
      const started = await Promise.all([1, 2, 3, 4].map(() => api.start(request)));
      await around.simulator.waitFor('chats.finished', 40);
      const { code, output, errors } = await backup();
      expect({ code, errors }).toEqual({ code: 0, errors: '' });
      expect(output).toMatch(
        /^\S+backups\/llama-herd-\d{8}T\d{6}\.\d{3}Z\.sqlite\n\d+\.\d MB in \d+\.\d s, checked\n$/,
      );
      return started;
    });
    const [name = ''] = readdirSync(join(around.folder, 'backups'));
    const file = join(around.folder, 'backups', name);
    const saved = rowsOf(file);
    const current = rowsOf(databaseIn(around.folder));
    expect(saved['messages']?.length).toBeGreaterThan(40);
    expect(current['messages']?.length).toBeGreaterThan(saved['messages']?.length ?? 0);
    // One moment: each experiment has all its events and no others.
    for (const id of ids) {
      const seqs = (saved['events'] as { experiment_id: string; seq: number }[])
        .filter(({ experiment_id }) => experiment_id === id)
        .map(({ seq }) => seq);
      const experiment = (saved['experiments'] as { id: string; last_seq: number }[]).find(
        (row) => row.id === id,
      );
      expect(seqs).toEqual(Array.from({ length: experiment?.last_seq ?? -1 }, (_, index) => index + 1));
    }

    const { code, output, errors } = await restore('--from', file);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(readdirSync(around.folder).filter((each) => /wal|shm|restoring/.test(each))).toEqual([]);
    expect(rowsOf(databaseIn(around.folder))).toEqual(saved);
    const kept = /^(\S+before-restore\S+) is what was there before/m.exec(output)?.[1] ?? '';
    expect(rowsOf(kept)).toEqual(current);

    await withServer(async ({ api }) => {
      expect(new Set((await api.list()).map(({ experiment_id }) => experiment_id))).toEqual(new Set(ids));
      await Promise.all(ids.map((id) => api.delete(`/api/experiments/${id}`)));
    });
  });

  it('leave nothing half-made behind when the backup is killed', async () => {
    await withServer(async () => undefined);
    fill(databaseIn(around.folder), 40);
    const folder = join(around.folder, 'backups');
    mkdirSync(folder);
    const killed = await backup([], async (kill) => {
      await folderChange(folder, (names) => names.some((name) => name.endsWith('.partial')));
      kill();
    });
    expect(killed.code).toBeNull();
    expect(readdirSync(folder).filter((name) => name.endsWith('.sqlite'))).toEqual([]);
    expect(readdirSync(folder)).not.toEqual([]);

    expect((await backup()).code).toBe(0);
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^llama-herd-\w+\.\w+\.sqlite$/)]);
  });

  it('overwrite nothing, and keep away from the database of a running server', async () => {
    const target = join(around.folder, 'mine.sqlite');
    await withServer(async () => {
      expect((await backup(['--to', target])).code).toBe(0);
      expect(await restore('--from', target)).toMatchObject({ code: 5 });
    });
    expect(await backup(['--to', target])).toMatchObject({
      code: 1,
      errors: expect.stringContaining('exists already'),
    });
  });

  it('help when the database is damaged: the backup takes its place, the damaged one is kept byte by byte', async () => {
    const target = join(around.folder, 'mine.sqlite');
    const id = await withServer(async (server) => {
      const started = await server.api.start(anExperiment());
      await finished(server, started);
      return started;
    });
    expect((await backup(['--to', target])).code).toBe(0);
    const damaged = readFileSync(databaseIn(around.folder)).fill(0xa5, 4096, 20_000);
    rmSync(databaseIn(around.folder));
    writeFileSync(databaseIn(around.folder), damaged);
    expect(await backup()).toMatchObject({ code: 3 });
    await expect(startServer(around.simulator.url, around.folder)).rejects.toThrow('npm run restore');

    expect((await restore('--from', target)).code).toBe(0);
    const kept = readdirSync(around.folder).filter((name) => name.includes('before-restore'));
    expect(kept).toHaveLength(1);
    expect(readFileSync(join(around.folder, kept[0] ?? '')).equals(damaged)).toBe(true);
    await withServer(async ({ api }) => {
      expect((await api.experiment(id)).status).toBe('completed');
    });
  });

  it('give help', async () => {
    expect(await backup(['--help'])).toMatchObject({ code: 0, output: expect.stringContaining('--to') });
    expect(await restore('--help')).toMatchObject({ code: 0, output: expect.stringContaining('--from') });
    expect(await backup(['--nope'])).toMatchObject({ code: 1, errors: expect.stringContaining('--nope') });
    expect(existsSync(join(around.folder, 'backups'))).toBe(false);
  });
});

/** Fills a database, so that copying it takes a while. */
function fill(path: string, megabytes: number): void {
  const file = new SqliteFile(path);
  const insert = file.prepare(
    `INSERT INTO imported_records (kind, id, fingerprint, title) SELECT 'runs', ?, '', hex(randomblob(50000))`,
  );
  file.transaction(() => {
    for (let index = 0; index < megabytes * 10; index += 1) {
      insert.run(`c${index}`);
    }
  })();
  file.close();
}
