import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager, type MixedList } from 'typeorm';
import { DomainError } from '../common/errors/domain-error';
import { type Settings } from '../config/settings.schema';
import { DamageLogger } from './damage-logger';
import { APPLICATION_ID, checkDatabaseFile } from './database-file';
import { type DatabaseSchema } from './database-schema';
import { GroupCommit } from './group-commit';
import { retryWhileBusy } from './retry-while-busy';
import { acquireServerLock, type ServerLock } from './server-lock';
import { isDatabaseBusy } from './sqlite-error';
import { storageFull, StorageState } from './storage-state';
import { inTransaction } from './transaction';

/** How a unit of work is written. */
export interface WriteOptions {
  /**
   * For work that must not be lost: as long as the signal is not aborted, a locked database and a full volume are no
   * failures; the unit is tried again until it is stored, and others get their turn between the tries.
   */
  readonly untilStored?: AbortSignal;
  /** For deleting and stopping: may use the last of the reserve on a full volume. */
  readonly makesRoom?: boolean;
}

/** What is read from the driver to be sure that the settings below took effect. */
interface Pragmas {
  readonly journal_mode: string;
  readonly synchronous: number;
  readonly foreign_keys: number;
}

/**
 * How long SQLite itself may wait for a lock. It waits on the event loop, so the real waiting is done outside; a read
 * in WAL mode meets a lock only for moments and is not tried again.
 */
const WRITER_BUSY_TIMEOUT_MS = 10;
const READER_BUSY_TIMEOUT_MS = 50;

/** Bytes after which the log is brought into the database, and how much of its file is kept after it was larger. */
const LOG_BYTES = 4 * 1024 * 1024;
const LOG_KEEP_BYTES = 2 * LOG_BYTES;
const PAGE_BYTES = 4096;

/** Pauses between two tries of a unit that must not be lost. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

const SYNCHRONOUS = { normal: 1, full: 2 } as const;

/**
 * The one way to the database. Reads go through a read-only connection, so nobody sees what may be rolled back.
 * Writes pass one queue, because TypeORM shares a single connection on SQLite: two overlapping transactions would
 * end up in one, and a plain insert beside an open transaction is lost when that one rolls back.
 */
@Injectable()
export class Database {
  /** Whether there is room on the volume. */
  readonly storage: StorageState;
  private readonly logger = new Logger(Database.name);
  private queue: GroupCommit | undefined;
  private writer: DataSource | undefined;
  private reader: DataSource | undefined;
  private lock: ServerLock | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly schema: DatabaseSchema,
  ) {
    this.storage = new StorageState(settings, () => reusableBytes(this.read));
  }

  /**
   * Takes the data directory, runs the migrations and opens both connections; all of it or nothing.
   * @throws DataUnusableError when the directory is in use, or its database damaged, foreign or newer
   */
  async open(): Promise<void> {
    try {
      await this.openAll();
    } catch (error) {
      const lock = this.lock;
      this.lock = undefined;
      await this.close();
      lock?.abandon();
      throw this.storage.isFailureOf(error) ? storageFull(error) : error;
    }
    await this.storage.start();
    this.logger.log('database opened', { path: databasePath(this.settings) });
  }

  private async openAll(): Promise<void> {
    this.lock = acquireServerLock(this.settings.dataDirectory);
    this.storage.prepare();
    checkDatabaseFile(databasePath(this.settings), this.schema);
    const writer = await new DataSource(writerOptions(this.settings, this.schema)).initialize();
    this.writer = writer;
    this.queue = new GroupCommit(
      (work) => inTransaction(writer, work),
      () => !this.storage.isFull,
    );
    await this.assertPragmas(writer);
    await retryWhileBusy(() => this.prepareTables(writer), this.giveUpAt());
    this.reader = await new DataSource({
      type: 'better-sqlite3',
      database: databasePath(this.settings),
      readonly: true,
      fileMustExist: true,
      timeout: READER_BUSY_TIMEOUT_MS,
      entities: this.schema.entities as MixedList<new () => object>,
      logger: new DamageLogger(databasePath(this.settings)),
      prepareDatabase: (connection: Connection) => {
        connection.pragma('temp_store = MEMORY');
      },
    }).initialize();
  }

  private async prepareTables(writer: DataSource): Promise<void> {
    await writer.runMigrations({ transaction: 'each' });
    const [found] = await writer.query<{ application_id: number }[]>('PRAGMA application_id');
    if (found?.application_id !== APPLICATION_ID) {
      await writer.query(`PRAGMA application_id = ${APPLICATION_ID}`);
    }
  }

  /** Takes no further writes, waits for those under way, then closes both connections. */
  async close(): Promise<void> {
    const { reader, writer, lock } = this;
    this.writer = undefined;
    await this.queue?.idle();
    await this.storage.stop();
    this.reader = undefined;
    this.lock = undefined;
    await reader?.destroy();
    await writer?.destroy();
    lock?.release();
  }

  /** For reads: sees committed rows only. */
  get read(): EntityManager {
    if (!this.reader) {
      throw new Error('The database is not open.');
    }
    return this.reader.manager;
  }

  /**
   * Runs one unit of work, all of it or nothing, after all earlier ones. It must be short and touch nothing but the
   * database: it is run again when another process has locked the file. Units that wait may share a transaction.
   * @throws DomainError DATABASE_BUSY when it could not be stored within DATABASE_BUSY_TIMEOUT_SECONDS because of a
   *   lock; STORAGE_FULL when the volume is full
   */
  async write<T>(work: (tx: EntityManager) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    const { untilStored, makesRoom = false } = options;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        return await this.tryToWrite(work, makesRoom);
      } catch (error) {
        if (!isPassing(error) || untilStored === undefined || untilStored.aborted) {
          throw error;
        }
        // Aborted meanwhile: a last try decides.
        await wait(pauseMs, undefined, { signal: untilStored }).catch(() => undefined);
      }
    }
  }

  /** One turn in the queue, with what is left of the room if need be. The wait for a lock counts from here, so all that wait behind one lock give up in time. */
  private async tryToWrite<T>(work: (tx: EntityManager) => Promise<T>, makesRoom: boolean): Promise<T> {
    const { writer, queue } = this;
    if (!writer || !queue) {
      throw new Error('The database is not open.');
    }
    const giveUpAt = this.giveUpAt();
    return queue.run(work, async () => {
      try {
        if (!makesRoom) {
          this.storage.assertRoomInProgress();
        }
        return await this.runUnit(writer, work, giveUpAt);
      } catch (error) {
        throw this.toDomainError(error);
      }
    });
  }

  private async runUnit<T>(
    writer: DataSource,
    work: (tx: EntityManager) => Promise<T>,
    giveUpAt: number,
  ): Promise<T> {
    const run = () => retryWhileBusy(() => inTransaction(writer, work), giveUpAt);
    try {
      for (const makeRoom of [() => undefined, () => this.storage.becomeFull()]) {
        try {
          return await run();
        } catch (error) {
          if (!this.storage.isFailureOf(error) || this.storage.isFull) {
            throw error;
          }
        }
        makeRoom();
        await this.shortenLog(writer);
      }
      return await run();
    } finally {
      if (this.storage.isFull) {
        await this.shortenLog(writer);
      }
    }
  }

  /**
   * Brings what stands in the log into the database, and takes the log's room back: on a full volume it cannot grow.
   * What a reader still needs of it stays. What was stored is stored, even if this fails.
   */
  private async shortenLog(writer: DataSource): Promise<void> {
    try {
      await writer.query('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      this.logger.debug('the log could not be shortened', { error });
    }
  }

  private giveUpAt(): number {
    return performance.now() + this.settings.databaseBusyTimeoutSeconds * 1000;
  }

  /** Names the failures of the driver that pass by themselves or when there is room. */
  private toDomainError(error: unknown): unknown {
    if (isDatabaseBusy(error)) {
      return new DomainError(
        'DATABASE_BUSY',
        'The database is locked by another process.',
        {},
        { cause: error },
      );
    }
    return this.storage.isFailureOf(error) ? storageFull(error) : error;
  }

  private async assertPragmas(source: DataSource): Promise<void> {
    const [found] = await source.query<Pragmas[]>(
      `SELECT (SELECT journal_mode FROM pragma_journal_mode) AS journal_mode,
              (SELECT synchronous FROM pragma_synchronous) AS synchronous,
              (SELECT foreign_keys FROM pragma_foreign_keys) AS foreign_keys`,
    );
    const wanted: Pragmas = {
      journal_mode: 'wal',
      synchronous: SYNCHRONOUS[this.settings.databaseSynchronous],
      foreign_keys: 1,
    };
    if (JSON.stringify(found) !== JSON.stringify(wanted)) {
      throw new Error(`SQLite settings did not take effect: ${JSON.stringify({ found, wanted })}`);
    }
  }
}

interface Connection {
  pragma(text: string): unknown;
}

async function reusableBytes(reader: EntityManager): Promise<number> {
  const [row] = await reader.query<{ bytes: number }[]>(
    'SELECT freelist_count * page_size AS bytes FROM pragma_freelist_count, pragma_page_size',
  );
  return row?.bytes ?? 0;
}

function isPassing(error: unknown): boolean {
  return error instanceof DomainError && (error.code === 'DATABASE_BUSY' || error.code === 'STORAGE_FULL');
}

/** The file of the database. */
export function databasePath(settings: Settings): string {
  return join(settings.dataDirectory, 'llama-herd.sqlite');
}

/** Options of the writing connection, also used by the migration commands. */
export function writerOptions(settings: Settings, schema: DatabaseSchema) {
  return {
    type: 'better-sqlite3' as const,
    database: databasePath(settings),
    timeout: WRITER_BUSY_TIMEOUT_MS,
    synchronize: false,
    entities: schema.entities as MixedList<new () => object>,
    migrations: schema.migrations,
    logger: new DamageLogger(databasePath(settings)),
    prepareDatabase: (connection: Connection) => {
      connection.pragma('journal_mode = WAL');
      connection.pragma(`synchronous = ${settings.databaseSynchronous}`);
      connection.pragma('foreign_keys = ON');
      connection.pragma(`wal_autocheckpoint = ${logPages(settings)}`);
      connection.pragma(`journal_size_limit = ${LOG_KEEP_BYTES}`);
      connection.pragma('temp_store = MEMORY');
    },
  };
}

/** On a full volume the reserve has to take in all that stands in the log. */
function logPages({ storageReserveBytes }: Settings): number {
  const bytes = storageReserveBytes === 0 ? LOG_BYTES : Math.min(LOG_BYTES, storageReserveBytes / 4);
  return Math.max(1, Math.floor(bytes / PAGE_BYTES));
}
