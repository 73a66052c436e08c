import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager, type EntityTarget, type MixedList } from 'typeorm';
import { DomainError } from '../common/errors/domain-error';
import { type Settings } from '../config/settings.schema';
import { acquireServerLock, type ServerLock } from './server-lock';
import { isDatabaseBusy, retryWhileBusy } from './sqlite-busy';
import { isStorageFull } from './sqlite-full';
import { WriteQueue } from './write-queue';

/** The entities and migrations of the application; the database itself knows no feature. */
export interface DatabaseSchema {
  readonly entities: EntityTarget<object>[];
  readonly migrations: MixedList<new () => object>;
}

/** How a unit of work is written. */
export interface WriteOptions {
  /**
   * For work that must not be lost: as long as the signal is not aborted, a locked database and a full volume are no
   * failures; the unit is tried again until it is stored, and others get their turn between the tries.
   */
  readonly untilStored?: AbortSignal;
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
  private readonly logger = new Logger(Database.name);
  private readonly queue = new WriteQueue();
  private writer: DataSource | undefined;
  private reader: DataSource | undefined;
  private lock: ServerLock | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly schema: DatabaseSchema,
  ) {}

  /** Takes the data directory, runs the migrations and opens both connections; all of it or nothing. */
  async open(): Promise<void> {
    try {
      await this.openAll();
    } catch (error) {
      await this.close();
      throw error;
    }
    this.logger.log('database opened', { path: databasePath(this.settings) });
  }

  private async openAll(): Promise<void> {
    this.lock = acquireServerLock(this.settings.dataDirectory);
    this.writer = await new DataSource(writerOptions(this.settings, this.schema)).initialize();
    await this.assertPragmas(this.writer);
    await this.writer.runMigrations({ transaction: 'each' });
    this.reader = await new DataSource({
      type: 'better-sqlite3',
      database: databasePath(this.settings),
      readonly: true,
      fileMustExist: true,
      timeout: READER_BUSY_TIMEOUT_MS,
      entities: this.schema.entities as MixedList<new () => object>,
    }).initialize();
  }

  /** Takes no further writes, waits for those under way, then closes both connections. */
  async close(): Promise<void> {
    const { reader, writer, lock } = this;
    this.writer = undefined;
    await this.queue.idle();
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
   * Runs one unit of work in one transaction, after all earlier ones. It must be short and touch nothing but the
   * database: it is run again when another process has locked the file.
   * @throws DomainError DATABASE_BUSY when it could not be stored within DATABASE_BUSY_TIMEOUT_SECONDS because of a
   *   lock; STORAGE_FULL when the volume is full
   */
  async write<T>(work: (tx: EntityManager) => Promise<T>, { untilStored }: WriteOptions = {}): Promise<T> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        return await this.tryToWrite(work);
      } catch (error) {
        if (!isPassing(error) || untilStored === undefined || untilStored.aborted) {
          throw error;
        }
        // Aborted meanwhile: a last try decides.
        await wait(pauseMs, undefined, { signal: untilStored }).catch(() => undefined);
      }
    }
  }

  /** One turn in the queue. The wait for a lock counts from here, so all that wait behind one lock give up in time. */
  private async tryToWrite<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    const writer = this.writer;
    if (!writer) {
      throw new Error('The database is not open.');
    }
    const giveUpAt = performance.now() + this.settings.databaseBusyTimeoutSeconds * 1000;
    return this.queue.run(async () => {
      try {
        return await retryWhileBusy(() => writer.transaction(work), giveUpAt);
      } catch (error) {
        throw toDomainError(error);
      }
    });
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

/** Names the failures of the driver that pass by themselves or with a larger volume. */
function toDomainError(error: unknown): unknown {
  if (isDatabaseBusy(error)) {
    return new DomainError(
      'DATABASE_BUSY',
      'The database is locked by another process.',
      {},
      { cause: error },
    );
  }
  if (isStorageFull(error)) {
    return new DomainError('STORAGE_FULL', 'The volume of the database is full.', {}, { cause: error });
  }
  return error;
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
    prepareDatabase: (connection: { pragma(text: string): unknown }) => {
      connection.pragma('journal_mode = WAL');
      connection.pragma(`synchronous = ${settings.databaseSynchronous}`);
      connection.pragma('foreign_keys = ON');
      connection.pragma('wal_autocheckpoint = 1000');
    },
  };
}
