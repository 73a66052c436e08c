import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import SqliteFile from 'better-sqlite3';
import { Logger } from '@nestjs/common';
import { DomainError } from '../common/errors/domain-error';
import { type Database } from './database';
import { retryWhileBusy } from './retry-while-busy';
import { isDatabaseBusy } from './sqlite-error';
import { notesSchema } from './testing/notes-schema';
import { databaseIn, temporaryFolder } from './testing/temporary-database';

describe('a database that another connection locks', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let database: Database;
  let other: SqliteFile.Database;

  beforeAll(() => Logger.overrideLogger(false));
  afterEach(async () => {
    other.close();
    await database.close();
    folder.remove();
  });

  async function open(busySeconds: string): Promise<void> {
    folder = temporaryFolder();
    database = databaseIn(folder.path, notesSchema, { DATABASE_BUSY_TIMEOUT_SECONDS: busySeconds });
    await database.open();
    other = new SqliteFile(join(folder.path, 'llama-herd.sqlite'));
  }
  const add = (id: number) =>
    database.write((tx) => tx.query('INSERT INTO notes (id, text) VALUES (?, ?)', [id, 'x']));
  const addUntil = (id: number, signal: AbortSignal) =>
    database.write((tx) => tx.query('INSERT INTO notes (id, text) VALUES (?, ?)', [id, 'x']), {
      untilStored: signal,
    });
  const ids = async () =>
    (await database.read.query<{ id: number }[]>('SELECT id FROM notes ORDER BY id')).map(({ id }) => id);

  it('waits until the lock is gone, keeps the order, and does not block the event loop', async () => {
    await open('30');
    other.exec('BEGIN IMMEDIATE');
    const lag = monitorEventLoopDelay({ resolution: 1 });
    lag.enable();
    const writes = [1, 2, 3].map(add);
    let turns = 0;
    const until = performance.now() + 600;
    while (performance.now() < until) {
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
      turns += 1;
    }
    lag.disable();
    expect(await ids()).toEqual([]);
    other.exec('COMMIT');
    await Promise.all(writes);

    expect(await ids()).toEqual([1, 2, 3]);
    expect(turns).toBeGreaterThan(10);
    expect(lag.max / 1e6).toBeLessThan(200);
  });

  it('gives up with DATABASE_BUSY after the limit, and works again afterwards', async () => {
    await open('0.2');
    other.exec('BEGIN IMMEDIATE');
    const failed = await add(1).catch((error: unknown) => error);

    expect(failed).toBeInstanceOf(DomainError);
    expect(failed).toMatchObject({ code: 'DATABASE_BUSY', cause: expect.anything() });
    other.exec('COMMIT');
    await add(2);
    expect(await ids()).toEqual([2]);
  });

  it('lets all that wait behind one lock give up when their own time is over, not one after the other', async () => {
    await open('0.3');
    other.exec('BEGIN IMMEDIATE');
    const startedAt = performance.now();
    const outcomes = await Promise.allSettled(Array.from({ length: 30 }, (_, id) => add(id)));

    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual(
      Array.from({ length: 30 }, () => expect.objectContaining({ code: 'DATABASE_BUSY' })),
    );
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it('keeps work that must not be lost until it can be stored, while others give up', async () => {
    await open('0.05');
    other.exec('BEGIN IMMEDIATE');
    const kept = addUntil(1, new AbortController().signal);
    for (const id of [2, 3, 4]) {
      await expect(add(id)).rejects.toMatchObject({ code: 'DATABASE_BUSY' });
    }
    other.exec('COMMIT');
    await kept;

    expect(await ids()).toEqual([1]);
  });

  it('gives such work up, with the reason, when it is not wanted any more', async () => {
    await open('0.05');
    other.exec('BEGIN IMMEDIATE');
    const abort = new AbortController();
    const kept = addUntil(1, abort.signal).catch((error: unknown) => error);
    await expect(add(2)).rejects.toMatchObject({ code: 'DATABASE_BUSY' });
    abort.abort();

    expect(await kept).toMatchObject({ code: 'DATABASE_BUSY' });
    other.exec('COMMIT');
    expect(await ids()).toEqual([]);
  });

  it('does not try again what would fail for ever, however much it is wanted', async () => {
    await open('1');
    await add(1);

    await expect(addUntil(1, new AbortController().signal)).rejects.toMatchObject({
      code: 'SQLITE_CONSTRAINT_PRIMARYKEY',
    });
  });

  it('lets a read go on beside the lock', async () => {
    await open('0.2');
    await add(1);
    other.exec('BEGIN IMMEDIATE');
    other.exec("INSERT INTO notes (id, text) VALUES (2, 'not committed')");

    expect(await ids()).toEqual([1]);
    other.exec('ROLLBACK');
  });

  it('runs a unit again whose view was overtaken by another process', async () => {
    await open('5');
    let tries = 0;
    await database.write(async (tx) => {
      tries += 1;
      await tx.query('SELECT COUNT(*) FROM notes');
      if (tries === 1) {
        other.exec("INSERT INTO notes (id, text) VALUES (1, 'overtook')");
      }
      await tx.query("INSERT INTO notes (id, text) VALUES (2, 'x')");
    });

    expect(tries).toBe(2);
    expect(await ids()).toEqual([1, 2]);
  });
});

describe('retryWhileBusy', () => {
  const busy = Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' });

  it('gives what the first try that works gives', async () => {
    const tries = [busy, busy];
    const work = () => {
      const failure = tries.pop();
      return failure ? Promise.reject(failure) : Promise.resolve('done');
    };

    expect(await retryWhileBusy(work, Infinity)).toBe('done');
    expect(tries).toEqual([]);
  });

  it('does not try again what failed for another reason', async () => {
    let tries = 0;
    const failure = Object.assign(new Error('constraint'), { code: 'SQLITE_CONSTRAINT' });
    const work = () => {
      tries += 1;
      return Promise.reject(failure);
    };

    await expect(retryWhileBusy(work, Infinity)).rejects.toBe(failure);
    expect(tries).toBe(1);
  });

  it('throws the last failure after the limit', async () => {
    await expect(retryWhileBusy(() => Promise.reject(busy), performance.now() + 20)).rejects.toBe(busy);
  });
});

describe('isDatabaseBusy', () => {
  it.each<[unknown, boolean]>([
    [{ code: 'SQLITE_BUSY' }, true],
    [{ code: 'SQLITE_BUSY_SNAPSHOT' }, true],
    [{ code: 'SQLITE_LOCKED' }, true],
    [{ driverError: { code: 'SQLITE_BUSY_RECOVERY' } }, true],
    [{ code: 'SQLITE_FULL' }, false],
    [{ code: 5 }, false],
    [new Error('database is locked'), false],
    [null, false],
    [undefined, false],
    ['SQLITE_BUSY', false],
  ])('says of %j: %s', (error, busy) => {
    expect(isDatabaseBusy(error)).toBe(busy);
  });
});
