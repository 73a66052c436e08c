import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { Logger } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { Random } from '../../test/support/random';
import { type Database } from './database';
import { notesSchema } from './testing/notes-schema';
import { canMount, type SmallVolume, smallVolume } from './testing/small-volume';
import { databaseIn, temporaryFolder } from './testing/temporary-database';

const MIB = 1024 * 1024;
const FULL = { code: 'STORAGE_FULL', status: 507 };

const add = (database: Database, id: number, size = 2_000) =>
  database.write((tx) => tx.query('INSERT INTO notes (id, text) VALUES (?, ?)', [id, 'x'.repeat(size)]));
const idsIn = (rows: { id: number }[]) => rows.map(({ id }) => id);
const ids = async (database: Database) =>
  idsIn(await database.read.query<{ id: number }[]>('SELECT id FROM notes ORDER BY id'));

/** Writes until there is no room; gives the ids that were told as stored. @throws what is another failure */
async function writeUntilFull(database: Database, firstId = 1, size = () => 2_000): Promise<number[]> {
  const stored: number[] = [];
  for (let id = firstId; ; id += 1) {
    try {
      await add(database, id, size());
      stored.push(id);
    } catch (error) {
      if ((error as { code?: unknown }).code !== FULL.code) {
        throw error;
      }
      return stored;
    }
  }
}

beforeAll(() => Logger.overrideLogger(false));

describe('a database that may not grow', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let database: Database;

  afterEach(async () => {
    await database.close();
    folder.remove();
  });

  async function open(environment: Record<string, string> = {}): Promise<void> {
    folder = temporaryFolder();
    database = databaseIn(folder.path, notesSchema, environment);
    await database.open();
  }
  /** SQLite answers as on a full volume. */
  const limit = (pages: number) =>
    database.write((tx) => tx.query(`PRAGMA max_page_count = ${pages}`), { makesRoom: true });

  it('keeps what it told as stored, and stores again when it may grow', async () => {
    await open({ STORAGE_CHECK_SECONDS: '3600' });
    await limit(40);
    const stored = await writeUntilFull(database);
    // One that failed must not stay open, with all later ones inside it.
    await expect(add(database, 1_000)).rejects.toMatchObject(FULL);
    await expect(add(database, 1_001)).rejects.toMatchObject(FULL);
    expect(await ids(database)).toEqual(stored);

    await limit(1_000_000);
    await add(database, 1_002);
    const other = new SqliteFile(join(folder.path, 'llama-herd.sqlite'), { readonly: true });
    expect(idsIn(other.prepare('SELECT id FROM notes ORDER BY id').all() as { id: number }[])).toEqual([
      ...stored,
      1_002,
    ]);
    other.close();
  });

  it('refuses what is new while it is full, and tells of both changes once', async () => {
    await open({ STORAGE_CHECK_SECONDS: '0.05' });
    expect(database.storage.isFull).toBe(false);
    database.storage.assertRoom();
    const told: boolean[] = [];
    database.storage.changes.subscribe((isFull) => told.push(isFull));
    await limit(40);
    await writeUntilFull(database);
    expect(database.storage.isFull).toBe(true);
    expect(() => database.storage.assertRoom()).toThrow(expect.objectContaining(FULL));

    // The volume itself has room.
    expect(await firstValueFrom(database.storage.changes)).toBe(false);
    expect(database.storage.isFull).toBe(false);
    expect(told).toEqual([true, false]);
  });

  it('keeps work that must not be lost until there is room', async () => {
    await open({ STORAGE_CHECK_SECONDS: '3600' });
    await limit(40);
    await writeUntilFull(database);
    const kept = database.write((tx) => tx.query(`INSERT INTO notes (id, text) VALUES (5000, 'kept')`), {
      untilStored: new AbortController().signal,
    });
    await expect(add(database, 1_000)).rejects.toMatchObject(FULL);
    await limit(1_000_000);
    await kept;

    expect(await ids(database)).toContain(5_000);
  });

  it('makes the reserve at start, in the wanted size, and takes it away when none is wanted', async () => {
    await open({ STORAGE_RESERVE_BYTES: String(3 * MIB + 5) });
    const reserve = join(folder.path, 'reserve');
    await database.close();
    expect(statSync(reserve).size).toBe(3 * MIB + 5);
    // Really allocated.
    expect(statSync(reserve).blocks * 512).toBeGreaterThanOrEqual(3 * MIB);

    database = databaseIn(folder.path, notesSchema, { STORAGE_RESERVE_BYTES: '0' });
    await database.open();
    await database.close();
    expect(existsSync(reserve)).toBe(false);
  });
});

(canMount ? describe : describe.skip)(
  'a database on a full volume (skipped where this user may not mount one)',
  () => {
    const ROUNDS = 20;
    const RESERVE = 2 * MIB;
    const ENVIRONMENT = { STORAGE_RESERVE_BYTES: String(RESERVE), STORAGE_CHECK_SECONDS: '0.02' };
    let volume: SmallVolume;
    let database: Database;

    afterEach(async () => {
      await database.close();
      volume.remove();
    });

    async function openOn(): Promise<void> {
      database = databaseIn(volume.path, notesSchema, ENVIRONMENT);
      await database.open();
    }

    it.each(Array.from({ length: ROUNDS }, (_, index) => index + 1))(
      'loses nothing, deletes, and goes on when there is room (seed %i)',
      async (seed) => {
        const random = new Random(seed);
        volume = smallVolume(12 * MIB);
        await openOn();
        for (let id = 1; id <= 100; id += 1) {
          await add(database, id, random.below(8_000));
        }
        volume.fill(random.below(300_000));
        const before = await ids(database);
        const stored = [...before, ...(await writeUntilFull(database, 101, () => random.below(30_000)))];
        expect(stored.length).toBeGreaterThan(before.length);
        expect(existsSync(join(volume.path, 'reserve'))).toBe(false);
        expect(await ids(database)).toEqual(stored);

        await database.write((tx) => tx.query('DELETE FROM notes WHERE id <= 50'), { makesRoom: true });
        const left = stored.filter((id) => id > 50);
        expect(await ids(database)).toEqual(left);
        expect(database.storage.isFull).toBe(true);

        rmSync(join(volume.path, 'filler'));
        expect(await firstValueFrom(database.storage.changes)).toBe(false);
        await add(database, 9_999);
        expect(statSync(join(volume.path, 'reserve')).size).toBe(RESERVE);
        await database.close();

        await openOn();
        expect(await ids(database)).toEqual([...left, 9_999]);
        expect(await database.read.query('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      },
    );

    it('goes on with the room that deleting made inside the database', async () => {
      volume = smallVolume(24 * MIB);
      await openOn();
      for (let id = 1; id <= 100; id += 1) {
        await add(database, id, 80_000);
      }
      volume.fill(0);
      for (let id = 101; !database.storage.isFull; id += 1) {
        await add(database, id, 80_000);
      }
      const change = firstValueFrom(database.storage.changes);
      for (let id = 1; id <= 100; id += 10) {
        await database.write((tx) => tx.query('DELETE FROM notes WHERE id BETWEEN ? AND ?', [id, id + 9]), {
          makesRoom: true,
        });
      }
      expect(await change).toBe(false);
      for (let id = 1; id <= 50; id += 1) {
        await add(database, id, 80_000);
      }
      expect(database.storage.isFull).toBe(false);
    });

    it('opens on a volume that is full already', async () => {
      volume = smallVolume(12 * MIB);
      await openOn();
      await add(database, 1);
      await database.close();
      volume.fill(0);

      await openOn();
      expect(database.storage.isFull).toBe(true);
      expect(await ids(database)).toEqual([1]);
      rmSync(join(volume.path, 'filler'));
      expect(await firstValueFrom(database.storage.changes)).toBe(false);
    });

    it('says what is wrong when there is no room to make the database', async () => {
      volume = smallVolume(MIB);
      volume.fill(0);
      database = databaseIn(volume.path, notesSchema);

      await expect(database.open()).rejects.toMatchObject({
        message: expect.stringContaining('DATA_DIRECTORY'),
      });
    });
  },
);
