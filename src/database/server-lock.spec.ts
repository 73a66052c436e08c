import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { acquireServerLock } from './server-lock';
import { notesSchema } from './testing/notes-schema';
import { databaseIn, temporaryFolder } from './testing/temporary-database';

const IN_USE = /^Another server uses the data directory .*DATA_DIRECTORY\.$/;

describe('the lock of a data directory', () => {
  let folder: ReturnType<typeof temporaryFolder>;

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  it('is held by one and free again after it', () => {
    const lock = acquireServerLock(folder.path);
    expect(() => acquireServerLock(folder.path)).toThrow(IN_USE);
    lock.release();

    acquireServerLock(folder.path).release();
  });

  it('stays held after somebody else tried', () => {
    const lock = acquireServerLock(folder.path);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(() => acquireServerLock(folder.path)).toThrow(IN_USE);
    }
    lock.release();
  });

  it('makes the folder', () => {
    const path = join(folder.path, 'a', 'b');

    acquireServerLock(path).release();
    expect(existsSync(path)).toBe(true);
  });

  it('says what is wrong when the folder cannot be used', () => {
    mkdirSync(join(folder.path, 'server.lock'));
    expect(() => acquireServerLock(folder.path)).toThrow(
      `The data directory ${folder.path} cannot be used: `,
    );
    rmSync(join(folder.path, 'server.lock'), { recursive: true });
    writeFileSync(join(folder.path, 'server.lock'), 'no database'.repeat(100));
    expect(() => acquireServerLock(folder.path)).toThrow(/cannot be used: file is not a database/);
  });

  it('keeps a second database out of the folder until the first is closed', async () => {
    const first = databaseIn(folder.path, notesSchema);
    await first.open();
    const second = databaseIn(folder.path, notesSchema);
    await expect(second.open()).rejects.toThrow(IN_USE);
    await first.write((tx) => tx.query("INSERT INTO notes (text) VALUES ('still works')"));
    await first.close();

    await expect(second.open()).resolves.toBeUndefined();
    expect(await second.read.query('SELECT text FROM notes')).toEqual([{ text: 'still works' }]);
    await second.close();
  });

  it('is freed by the operating system when its process is killed', async () => {
    // Plain JavaScript, so that the child needs neither a build nor a compiler; it does what the lock does.
    const script = join(folder.path, 'holder.cjs');
    writeFileSync(
      script,
      `const SqliteFile = require(${JSON.stringify(require.resolve('better-sqlite3'))});
       new SqliteFile(process.argv[2] + '/server.lock').exec('BEGIN EXCLUSIVE');
       process.send('held');
       setInterval(() => undefined, 1000);`,
    );
    const child = fork(script, [folder.path], { execArgv: [] });
    await once(child, 'message');
    expect(() => acquireServerLock(folder.path)).toThrow(IN_USE);
    child.kill('SIGKILL');
    await once(child, 'exit');

    acquireServerLock(folder.path).release();
  });
});
