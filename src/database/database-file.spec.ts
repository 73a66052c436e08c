import { createHash } from 'node:crypto';
import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { Logger } from '@nestjs/common';
import { APPLICATION_ID } from './database-file';
import { type DatabaseSchema } from './database-schema';
import { notesSchema } from './testing/notes-schema';
import { databaseIn, temporaryFolder } from './testing/temporary-database';

const OLD = new Date('2026-01-01T00:00:00Z');

describe('a database file that is there at start', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let path: string;

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(() => {
    folder = temporaryFolder();
    path = join(folder.path, 'llama-herd.sqlite');
  });
  afterEach(() => folder.remove());

  /** Opens, and closes again, what is in the folder; gives what `use` gives. */
  async function opened<T>(use: (rows: (sql: string) => Promise<unknown[]>) => Promise<T>): Promise<T> {
    const database = databaseIn(folder.path, notesSchema);
    await database.open();
    try {
      return await use((sql) => database.read.query<unknown[]>(sql));
    } finally {
      await database.close();
    }
  }

  /** A database of ours with notes, all of it in its file. */
  async function ours(notes = 500): Promise<void> {
    const database = databaseIn(folder.path, notesSchema);
    await database.open();
    await database.write((tx) =>
      tx.query(
        `WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT ?)
         INSERT INTO notes SELECT value, printf('%.200c', 'x') FROM n`,
        [notes],
      ),
    );
    await database.close();
  }

  /** Changes the file with the driver itself. */
  function edit(statements: string): void {
    const file = new SqliteFile(path);
    file.exec(statements);
    file.close();
  }

  /** Names, bytes and times of all that is in the folder. */
  function evidence(): unknown[] {
    return readdirSync(folder.path).map((name) => {
      const stats = lstatSync(join(folder.path, name));
      const content = stats.isFile() ? readFileSync(join(folder.path, name)) : '';
      return [name, stats.mtimeMs, createHash('sha256').update(content).digest('hex')];
    });
  }

  const cases: [string, 'unusable' | 'newer', RegExp, () => void | Promise<void>][] = [
    [
      'is no database',
      'unusable',
      /is not an SQLite database/,
      () => writeFileSync(path, 'no database'.repeat(99)),
    ],
    [
      'is shorter than a header',
      'unusable',
      /is not an SQLite database/,
      () => writeFileSync(path, 'SQLite'),
    ],
    ['is a folder', 'unusable', /is not a file/, () => mkdirSync(path)],
    [
      'is cut off',
      'unusable',
      /is damaged: its last \d+ bytes are missing/,
      async () => {
        await ours();
        truncateSync(path, 20_000);
      },
    ],
    [
      'is cut off in its header',
      'unusable',
      /is damaged: its last 50 bytes are missing/,
      async () => {
        await ours();
        truncateSync(path, 50);
      },
    ],
    [
      'has garbage in the middle',
      'unusable',
      /is damaged: /,
      async () => {
        await ours();
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.fill(0xa5, 5 * 4096, 9 * 4096));
      },
    ],
    [
      'has a garbled header',
      'unusable',
      /is damaged: /,
      async () => {
        await ours();
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.fill(0xa5, 16, 24));
      },
    ],
    [
      'is empty beside a log',
      'unusable',
      /its log is there/,
      () => {
        writeFileSync(path, '');
        writeFileSync(`${path}-wal`, 'what was stored');
      },
    ],
    [
      'is gone beside a log',
      'unusable',
      /its log is there/,
      () => writeFileSync(`${path}-wal`, 'what was stored'),
    ],
    [
      'belongs to another program',
      'unusable',
      /is a database of another program/,
      () => edit('CREATE TABLE accounts (id)'),
    ],
    [
      'belongs to another program that keeps migrations too',
      'unusable',
      /is a database of another program/,
      () => edit(`CREATE TABLE migrations (id, name); INSERT INTO migrations VALUES (1, 'Other1')`),
    ],
    [
      'is marked by another program',
      'unusable',
      /is a database of another program/,
      () => edit('PRAGMA application_id = 1196444487'),
    ],
    [
      'was made by a newer release',
      'newer',
      /newer release of this backend \(Later2\)/,
      async () => {
        await ours();
        edit(`INSERT INTO migrations (timestamp, name) VALUES (2, 'Later2')`);
      },
    ],
  ];

  it.each(cases)('that %s is refused and stays as it is', async (_title, reason, message, prepare) => {
    await prepare();
    for (const name of readdirSync(folder.path).filter((each) => each !== 'server.lock')) {
      utimesSync(join(folder.path, name), OLD, OLD);
    }
    const before = evidence();
    const database = databaseIn(folder.path, notesSchema);

    const failure = await database.open().catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason, message: expect.stringMatching(message) });
    expect((failure as Error).message).toMatch(/Nothing was changed\. .*(npm run restore -- --from <file>)/);
    expect(evidence()).toEqual(before);
  });

  it('is refused when its name in the log only says that it is newer', async () => {
    await ours();
    const writer = new SqliteFile(path);
    writer.exec(`INSERT INTO migrations (timestamp, name) VALUES (2, 'Later2')`);
    const copy = temporaryFolder();
    for (const ending of ['', '-wal']) {
      copyFileSync(path + ending, join(copy.path, `llama-herd.sqlite${ending}`));
    }
    writer.close();

    await expect(databaseIn(copy.path, notesSchema).open()).rejects.toMatchObject({ reason: 'newer' });
    copy.remove();
  });

  it('is taken with its log when its server was killed', async () => {
    await ours();
    const killed = new SqliteFile(path);
    killed.pragma('wal_autocheckpoint = 0');
    killed.exec(`INSERT INTO notes VALUES (1000, 'in the log only')`);
    const copy = temporaryFolder();
    for (const ending of ['', '-wal', '-shm']) {
      copyFileSync(path + ending, join(copy.path, `llama-herd.sqlite${ending}`));
    }
    killed.close();
    const database = databaseIn(copy.path, notesSchema);
    await database.open();

    expect(await database.read.query('SELECT text FROM notes WHERE id = 1000')).toEqual([
      { text: 'in the log only' },
    ]);
    await database.close();
    copy.remove();
  });

  it('is new when it is empty', async () => {
    writeFileSync(path, '');

    expect(await opened((rows) => rows('SELECT * FROM notes'))).toEqual([]);
  });

  it('keeps its rows when an older release made it, which did not mark its files', async () => {
    await ours(3);
    edit('PRAGMA application_id = 0');

    expect(await opened((rows) => rows('SELECT id FROM notes'))).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    expect(await opened((rows) => rows('PRAGMA application_id'))).toEqual([
      { application_id: APPLICATION_ID },
    ]);
  });

  it('is brought up to date when an older release made it', async () => {
    const older: DatabaseSchema = { entities: [], migrations: [] };
    const database = databaseIn(folder.path, older);
    await database.open();
    await database.close();

    expect(await opened((rows) => rows('SELECT * FROM notes'))).toEqual([]);
  });
});
