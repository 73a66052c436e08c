import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type Database } from './database';
import { acquireServerLock } from './server-lock';
import { notesSchema } from './testing/notes-schema';
import { databaseIn, temporaryFolder } from './testing/temporary-database';

describe('Database', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let database: Database;

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    folder = temporaryFolder();
    database = databaseIn(folder.path, notesSchema);
    await database.open();
  });
  afterEach(async () => {
    await database.close();
    folder.remove();
  });

  const add = (tx: EntityManager, id: number, text = 'x') =>
    tx.query('INSERT INTO notes (id, text) VALUES (?, ?)', [id, text]);
  const count = async (): Promise<number> => {
    const [row] = await database.read.query<{ n: number }[]>('SELECT COUNT(*) AS n FROM notes');
    return row?.n ?? -1;
  };

  it('gives the result of a unit of work, which readers then see', async () => {
    const result = await database.write(async (tx) => {
      await add(tx, 1);
      return 'written';
    });

    expect(result).toBe('written');
    expect(await count()).toBe(1);
  });

  it('takes back all of a unit of work that fails, and throws its failure', async () => {
    const failure = new Error('failed');
    const unit = database.write(async (tx) => {
      await add(tx, 1);
      throw failure;
    });

    await expect(unit).rejects.toBe(failure);
    expect(await count()).toBe(0);
  });

  it('shows nobody what may still be taken back', async () => {
    const seen: number[] = [];
    await database.write(async (tx) => {
      await add(tx, 1);
      seen.push(await count());
    });
    seen.push(await count());

    expect(seen).toEqual([0, 1]);
  });

  it('refuses to write through the connection for reading', async () => {
    await expect(add(database.read, 1)).rejects.toMatchObject({ code: 'SQLITE_READONLY' });
  });

  it('keeps the exact rows under 1,000 parallel units with readers, a fifth taken back', async () => {
    let dirty = 0;
    const writing = { isOver: false };
    const readers = Array.from({ length: 50 }, async () => {
      while (!writing.isOver) {
        // A unit writes its two rows together; only the rows of failing units are negative.
        const [row] = await database.read.query<{ n: number; bad: number }[]>(
          'SELECT COUNT(*) AS n, COALESCE(SUM(id < 0), 0) AS bad FROM notes',
        );
        dirty += (row?.n ?? 1) % 2 === 0 && row?.bad === 0 ? 0 : 1;
        await new Promise(setImmediate);
      }
    });
    const units = await Promise.allSettled(
      Array.from({ length: 1_000 }, (_, index) =>
        database.write(async (tx) => {
          const fails = index % 5 === 4;
          const id = (index + 1) * (fails ? -1 : 1);
          await add(tx, id * 2);
          await add(tx, id * 2 + 1);
          if (fails) {
            throw new Error('taken back');
          }
        }),
      ),
    );
    writing.isOver = true;
    await Promise.all(readers);

    expect(units.filter(({ status }) => status === 'rejected')).toHaveLength(200);
    expect(await count()).toBe(1_600);
    expect(dirty).toBe(0);
  });

  it('is durable and checks references, with a short wait for locks on the event loop', async () => {
    const pragma = async (manager: EntityManager, name: string) =>
      Object.values((await manager.query<object[]>(`PRAGMA ${name}`))[0] ?? {})[0] as unknown;

    await database.write(async (tx) => {
      expect(await pragma(tx, 'journal_mode')).toBe('wal');
      expect(await pragma(tx, 'synchronous')).toBe(2);
      expect(await pragma(tx, 'foreign_keys')).toBe(1);
      expect(await pragma(tx, 'busy_timeout')).toBe(10);
    });
    expect(await pragma(database.read, 'busy_timeout')).toBe(50);
    await expect(
      database.write((tx) => tx.query('INSERT INTO remarks (note_id) VALUES (1)')),
    ).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_FOREIGNKEY' });
  });

  it('is less durable only when the setting says so', async () => {
    await database.close();
    database = databaseIn(folder.path, notesSchema, { DATABASE_SYNCHRONOUS: 'normal' });
    await database.open();

    const [row] = await database.write((tx) => tx.query<object[]>('PRAGMA synchronous'));
    expect(row).toEqual({ synchronous: 1 });
  });

  it('finds its rows again after closing', async () => {
    await database.write((tx) => add(tx, 1, 'kept'));
    await database.close();
    database = databaseIn(folder.path, notesSchema);
    await database.open();

    expect(await database.read.query('SELECT text FROM notes')).toEqual([{ text: 'kept' }]);
  });

  it('ends the writes under way before it closes, and refuses later ones', async () => {
    const units = Array.from({ length: 20 }, (_, index) => database.write((tx) => add(tx, index)));
    const closing = database.close();
    const late = database.write((tx) => add(tx, 100));
    await expect(late).rejects.toThrow('not open');
    await Promise.all(units);
    await closing;
    await expect(database.write((tx) => add(tx, 101))).rejects.toThrow('not open');
    expect(() => database.read).toThrow('not open');

    database = databaseIn(folder.path, notesSchema);
    await database.open();
    expect(await count()).toBe(20);
  });

  it('can be closed twice', async () => {
    await database.close();

    await expect(database.close()).resolves.toBeUndefined();
  });

  it('leaves the folder to others when it could not be opened', async () => {
    await database.close();
    writeFileSync(join(folder.path, 'llama-herd.sqlite'), 'This is no database. '.repeat(100));
    const corrupt = databaseIn(folder.path, notesSchema);

    await expect(corrupt.open()).rejects.toMatchObject({ reason: 'unusable' });
    acquireServerLock(folder.path).release();
    await expect(corrupt.write(() => Promise.resolve())).rejects.toThrow('not open');
  });
});
