import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { Logger } from '@nestjs/common';
import { loadSettings } from '../config/load-settings';
import { databasePath } from '../database/database';
import { acquireServerLock } from '../database/server-lock';
import { databaseIn, temporaryFolder } from '../database/testing/temporary-database';
import { schema } from '../schema';
import { backup } from './backup';
import { readFileFlag } from './options';
import { restore } from './restore';

describe('backup and restore', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let settings: ReturnType<typeof loadSettings>;
  let copy: string;

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(() => {
    folder = temporaryFolder();
    settings = loadSettings({ DATA_DIRECTORY: folder.path });
    copy = join(folder.path, 'copy.sqlite');
  });
  afterEach(() => folder.remove());

  async function makeDatabase(): Promise<void> {
    const database = databaseIn(folder.path, schema);
    await database.open();
    await database.write((tx) =>
      tx.query(`INSERT INTO imported_records (kind, id, fingerprint) VALUES ('runs', 'a', 'f')`),
    );
    await database.close();
  }
  function edit(path: string, statements: string): void {
    const file = new SqliteFile(path);
    file.exec(statements);
    file.close();
  }
  function records(path: string): unknown[] {
    const file = new SqliteFile(path);
    const rows = file.prepare('SELECT id FROM imported_records').pluck().all();
    file.close();
    return rows;
  }

  it('copy the database and put the copy back', async () => {
    await makeDatabase();
    expect(backup(settings, copy)).toMatchObject({ path: copy, bytes: expect.any(Number) });
    edit(databasePath(settings), 'DELETE FROM imported_records');

    const { kept } = restore(settings, copy);
    expect(records(databasePath(settings))).toEqual(['a']);
    expect(records(kept ?? '')).toEqual([]);
    acquireServerLock(folder.path).release();
  });

  it('have nothing to do without a database; a backup is put where none is', async () => {
    expect(() => backup(settings, copy)).toThrow(/There is no database/);
    expect(existsSync(copy)).toBe(false);
    await makeDatabase();
    backup(settings, copy);
    const elsewhere = temporaryFolder();

    expect(restore(loadSettings({ DATA_DIRECTORY: elsewhere.path }), copy).kept).toBeNull();
    expect(records(join(elsewhere.path, 'llama-herd.sqlite'))).toEqual(['a']);
    elsewhere.remove();
  });

  it('never overwrite a file', async () => {
    await makeDatabase();
    writeFileSync(copy, 'precious');

    expect(() => backup(settings, copy)).toThrow(/exists already/);
    expect(readFileSync(copy, 'utf8')).toBe('precious');
  });

  it('keep the log of an old database apart from the new one, even when it cannot be read', async () => {
    await makeDatabase();
    backup(settings, copy);
    writeFileSync(databasePath(settings), 'damaged'.repeat(1_000));
    writeFileSync(`${databasePath(settings)}-wal`, 'log of the damaged one');

    const { kept } = restore(settings, copy);
    expect(existsSync(`${databasePath(settings)}-wal`)).toBe(false);
    expect(readFileSync(`${kept}-wal`, 'utf8')).toBe('log of the damaged one');
    expect(records(databasePath(settings))).toEqual(['a']);
  });

  it.each<[string, RegExp, (path: string) => void]>([
    ['no database', /is not an SQLite database/, (path) => writeFileSync(path, 'text'.repeat(100))],
    [
      'cut off',
      /is damaged/,
      (path) => {
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.subarray(0, bytes.length - 4096));
      },
    ],
    [
      'garbled',
      /is damaged/,
      (path) => {
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.fill(0xa5, 4096, 12_000));
      },
    ],
    [
      'newer',
      /newer release/,
      (path) => edit(path, `INSERT INTO migrations (timestamp, name) VALUES (9e12, 'Later')`),
    ],
    [
      'another program’s',
      /of another program/,
      (path) => edit(path, 'PRAGMA application_id = 1; DROP TABLE migrations'),
    ],
    ['missing', /There is no file/, (path) => rmSync(path)],
  ])('refuse a backup that is %s, and leave the database as it was', async (_title, message, spoil) => {
    await makeDatabase();
    backup(settings, copy);
    spoil(copy);
    const before = readFileSync(databasePath(settings));

    expect(() => restore(settings, copy)).toThrow(message);
    expect(readFileSync(databasePath(settings)).equals(before)).toBe(true);
    expect(readdirSync(folder.path).filter((name) => /restor/.test(name))).toEqual([]);
  });

  it('refuse the database itself as its backup, and a directory that is in use', async () => {
    await makeDatabase();
    expect(() => restore(settings, databasePath(settings))).toThrow(/is the database itself/);
    backup(settings, copy);
    const lock = acquireServerLock(folder.path);

    expect(() => restore(settings, copy)).toThrow(expect.objectContaining({ reason: 'in_use' }));
    lock.release();
  });

  it('read their one flag, and say what is wrong with others', () => {
    expect(readFileFlag(['--to', 'x'], 'to', 'HELP')).toBe('x');
    expect(readFileFlag([], 'to', 'HELP')).toBe('');
    expect(readFileFlag(['--help'], 'to', 'HELP')).toBeNull();
    expect(() => readFileFlag(['--nope'], 'to', 'HELP')).toThrow(/--nope[^]*HELP/);
    expect(() => readFileFlag(['--to', ''], 'to', 'HELP')).toThrow(/needs the name of a file/);
  });
});
