import { Logger } from '@nestjs/common';
import { loadSettings } from '../config/load-settings';
import { type Database } from '../database/database';
import { databaseIn, temporaryFolder } from '../database/testing/temporary-database';
import { migrations } from '../migrations';
import { IdempotencyKeyEntity } from './idempotency-key.entity';
import { IdempotencyKeys } from './idempotency-keys';
import { KeyCleanup } from './key-cleanup';

const HOUR_MS = 3_600_000;
const START = Date.parse('2026-01-22T12:00:00.000Z');

describe('KeyCleanup', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let database: Database;
  let cleanup: KeyCleanup;

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    jest.useFakeTimers({ now: START, doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    folder = temporaryFolder();
    database = databaseIn(folder.path, { entities: [IdempotencyKeyEntity], migrations });
    await database.open();
    cleanup = new KeyCleanup(new IdempotencyKeys(database), loadSettings({ IDEMPOTENCY_KEEP_HOURS: '2' }));
  });
  afterEach(async () => {
    await cleanup.onModuleDestroy();
    await database.close();
    folder.remove();
    jest.useRealTimers();
  });

  const add = (key: string, ageMs: number) => ({
    key,
    route: 'POST /things',
    requestHash: 'hash-1',
    resourceId: 'id-1',
    status: null,
    answer: null,
    createdAt: new Date(START - ageMs).toISOString(),
  });
  const insert = (...rows: ReturnType<typeof add>[]) =>
    database.write(async (tx) => {
      await tx.insert(IdempotencyKeyEntity, rows);
    });
  const left = async () => (await database.read.find(IdempotencyKeyEntity)).map(({ key }) => key);
  /** A unit of work after those that are queued, and one more for the batch that follows. */
  const untilIdle = async (batches = 1) => {
    for (let batch = 0; batch <= batches; batch += 1) {
      await database.write(async () => undefined);
      await new Promise(setImmediate);
    }
  };

  it('removes at start what is older than the setting says, and keeps the rest', async () => {
    await insert(add('old', 2 * HOUR_MS + 1), add('young', 2 * HOUR_MS), add('new', 0));
    cleanup.onApplicationBootstrap();
    await untilIdle();
    expect((await left()).toSorted()).toEqual(['new', 'young']);
  });

  it('removes any number in batches', async () => {
    const rows = Array.from({ length: 450 }, (_, index) => add(`old-${index}`, 3 * HOUR_MS));
    await insert(...rows.slice(0, 225));
    await insert(...rows.slice(225), add('new', 0));
    cleanup.onApplicationBootstrap();
    await untilIdle(3);
    expect(await left()).toEqual(['new']);
  });

  it('looks again every hour, until it is stopped', async () => {
    await insert(add('first', HOUR_MS + 1), add('second', 0));
    cleanup.onApplicationBootstrap();
    await untilIdle();
    expect(await left()).toHaveLength(2);
    jest.advanceTimersByTime(HOUR_MS);
    await untilIdle();
    expect(await left()).toEqual(['second']);
    await cleanup.onModuleDestroy();
    jest.advanceTimersByTime(10 * HOUR_MS);
    await untilIdle();
    expect(await left()).toEqual(['second']);
  });

  it('goes on after a failure', async () => {
    await insert(add('old', 3 * HOUR_MS));
    const keys = new IdempotencyKeys(database);
    jest.spyOn(keys, 'removeBefore').mockRejectedValueOnce(new Error('locked'));
    cleanup = new KeyCleanup(keys, loadSettings({}));
    cleanup.onApplicationBootstrap();
    await untilIdle();
    expect(await left()).toEqual(['old']);
    jest.advanceTimersByTime(24 * HOUR_MS);
    await untilIdle();
    expect(await left()).toEqual([]);
  });
});
