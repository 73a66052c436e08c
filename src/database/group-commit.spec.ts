import { Logger } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type Database } from './database';
import { GroupCommit, type UnitOfWork } from './group-commit';
import { notesSchema } from './testing/notes-schema';
import { databaseIn, temporaryFolder } from './testing/temporary-database';

describe('GroupCommit', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let database: Database;
  /** Units of every shared transaction, in order. */
  let groups: string[][];
  let alone: string[];
  let mayShare: boolean;
  let commit: GroupCommit;

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    folder = temporaryFolder();
    database = databaseIn(folder.path, notesSchema);
    await database.open();
    groups = [];
    alone = [];
    mayShare = true;
    commit = new GroupCommit(
      (work) => {
        groups.push([]);
        return database.write(work);
      },
      () => mayShare,
      { units: 32, ms: Infinity },
    );
  });
  afterEach(async () => {
    await database.close();
    folder.remove();
  });

  const add = (tx: EntityManager, id: number) =>
    tx.query('INSERT INTO notes (id, text) VALUES (?, ?)', [id, 'x']);
  const ids = async () =>
    (await database.read.query<{ id: number }[]>('SELECT id FROM notes ORDER BY id')).map(({ id }) => id);

  function run<T>(name: string, work: UnitOfWork<T>): Promise<T> {
    let isAlone = false;
    const noted: UnitOfWork<T> = (tx) => {
      (isAlone ? alone : groups.at(-1))?.push(name);
      return work(tx);
    };
    return commit.run(noted, () => {
      isAlone = true;
      return database.write(noted);
    });
  }

  it('lets the event loop have its turn between two transactions', async () => {
    const order: string[] = [];
    setImmediate(() => order.push('other work'));
    await run('first', (tx) => add(tx, 1));
    order.push('first');
    await run('second', (tx) => add(tx, 2));
    order.push('second');

    expect(order).toEqual(['first', 'other work', 'second']);
  });

  it('stores what waits together in one transaction, in order, and what comes alone alone', async () => {
    await run('first', (tx) => add(tx, 1));
    const results = await Promise.all(
      ['a', 'b', 'c'].map((name, index) =>
        run(name, async (tx) => {
          await add(tx, 10 + index);
          return name;
        }),
      ),
    );

    expect(results).toEqual(['a', 'b', 'c']);
    expect({ alone, groups }).toEqual({ alone: ['first'], groups: [['a', 'b', 'c']] });
    expect(await ids()).toEqual([1, 10, 11, 12]);
  });

  it('takes back a unit that fails, whole and alone', async () => {
    const failure = new Error('failed');
    const outcomes = await Promise.allSettled([
      run('a', (tx) => add(tx, 1)),
      run('b', async (tx) => {
        await add(tx, 2);
        throw failure;
      }),
      run('c', async (tx) => {
        await add(tx, 3);
        await add(tx, 1);
      }),
      run('d', (tx) => add(tx, 4)),
    ]);

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toEqual({ status: 'rejected', reason: failure });
    expect(outcomes[2]).toMatchObject({ reason: { driverError: { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' } } });
    expect({ alone, groups }).toEqual({ alone: [], groups: [['a', 'b', 'c', 'd']] });
    expect(await ids()).toEqual([1, 4]);
  });

  it('tells nobody before all of it is stored', async () => {
    const seen: string[] = [];
    const units = ['a', 'b'].map((name, index) =>
      run(name, async (tx) => {
        await add(tx, index);
        seen.push(`${name} ran beside ${(await ids()).length}`);
      }).then(async () => seen.push(`${name} told beside ${(await ids()).length}`)),
    );
    await Promise.all(units);

    expect(seen).toEqual(['a ran beside 0', 'b ran beside 0', 'a told beside 2', 'b told beside 2']);
  });

  it.each([
    [
      'a statement fails because of the database',
      (tx: EntityManager) => tx.query('SELECT * FROM no_such_table'),
    ],
    ['a unit ends the transaction', (tx: EntityManager) => tx.query('ROLLBACK')],
  ])('tries each unit by itself when %s', async (_what, breaks) => {
    let tries = 0;
    const outcomes = await Promise.allSettled([
      run('a', (tx) => add(tx, 1)),
      run('b', async (tx) => {
        await add(tx, 2);
        tries += 1;
        if (tries === 1) {
          await breaks(tx);
        }
      }),
      run('c', (tx) => add(tx, 3)),
    ]);

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect({ groups, alone }).toEqual({ groups: [['a', 'b']], alone: ['a', 'b', 'c'] });
    expect(await ids()).toEqual([1, 2, 3]);
  });

  it('gives each unit its own failure when the commit fails', async () => {
    let commits = 0;
    const failing = new GroupCommit(
      async (work) => {
        await database.write(async (tx) => {
          await work(tx);
          commits += 1;
          throw new Error('the commit failed');
        });
        throw new Error('unreachable');
      },
      () => true,
    );
    const outcomes = await Promise.allSettled(
      [1, 2].map((id) =>
        failing.run(
          (tx) => add(tx, id),
          () => (id === 1 ? database.write((tx) => add(tx, id)) : Promise.reject(new Error(`no ${id}`))),
        ),
      ),
    );

    expect(commits).toBe(1);
    expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { reason: { message: 'no 2' } }]);
    expect(await ids()).toEqual([1]);
  });

  it('shares nothing while that is not wanted', async () => {
    mayShare = false;
    await Promise.all([1, 2, 3].map((id) => run(`${id}`, (tx) => add(tx, id))));

    expect({ alone, groups }).toEqual({ alone: ['1', '2', '3'], groups: [] });
  });

  it('ends groups that grow too large, and takes in what comes while it stores', async () => {
    const inner: Promise<unknown>[] = [];
    const units = Array.from({ length: 40 }, (_, id) =>
      run(`${id}`, async (tx) => {
        await add(tx, id);
        if (id === 39) {
          inner.push(run('late', (late) => add(late, 100)));
        }
      }),
    );
    await Promise.all(units);
    await Promise.all(inner);

    expect(groups.map(({ length }) => length)).toEqual([32, 9]);
    expect([...groups.flat(), ...alone].filter((name) => name === 'late')).toHaveLength(1);
    expect(await ids()).toHaveLength(41);
  });

  it('takes no further unit in when storing takes long', async () => {
    const hurried = new GroupCommit(
      (work) => {
        groups.push([]);
        return database.write(work);
      },
      () => true,
      { units: 32, ms: 0 },
    );
    await Promise.all(
      [1, 2, 3].map((id) =>
        hurried.run(
          (tx) => {
            groups.at(-1)?.push(`${id}`);
            return add(tx, id);
          },
          () => database.write((tx) => add(tx, id)),
        ),
      ),
    );

    expect(groups).toEqual([['1'], ['2']]);
    expect(await ids()).toEqual([1, 2, 3]);
  });

  it('is idle when all has ended', async () => {
    const units = [1, 2, 3].map((id) => run(`${id}`, (tx) => add(tx, id)));
    await commit.idle();

    expect(await ids()).toEqual([1, 2, 3]);
    await Promise.all(units);
    await expect(commit.idle()).resolves.toBeUndefined();
  });
});
