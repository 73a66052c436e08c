import { join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager, type EntityTarget, type MixedList } from 'typeorm';
import { DomainError } from '../common/errors/domain-error';
import { type Settings } from '../config/settings.schema';
import { acquireServerLock, type ServerLock } from './server-lock';
import { isDatabaseBusy, retryWhileBusy } from './sqlite-busy';
import { WriteQueue } from './write-queue';

/** The entities and migrations of the application; the database itself knows no feature. */
export interface DatabaseSchema {
  readonly entities: EntityTarget<object>[];
  readonly migrations: MixedList<new () => object>;
}

/** What is read from the driver to be sure that the settings below took effect. */
interface Pragmas {
  readonly journal_mode: string;
  readonly synchronous: number;
  readonly foreign_keys: number;
}

/** How long SQLite itself may wait for a lock. It waits on the event loop, so the real waiting is done outside. */
const DRIVER_BUSY_TIMEOUT_MS = 50;
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
      timeout: DRIVER_BUSY_TIMEOUT_MS,
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
   * @throws DomainError DATABASE_BUSY when the lock lasts longer than DATABASE_BUSY_TIMEOUT_SECONDS
   */
  write<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    const writer = this.writer;
    if (!writer) {
      return Promise.reject(new Error('The database is not open.'));
    }
    const limitMs = this.settings.databaseBusyTimeoutSeconds * 1000;
    return this.queue.run(async () => {
      try {
        return await retryWhileBusy(() => writer.transaction(work), limitMs);
      } catch (error) {
        if (isDatabaseBusy(error)) {
          throw new DomainError(
            'DATABASE_BUSY',
            'The database is locked by another process.',
            {},
            { cause: error },
          );
        }
        throw error;
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

/** The file of the database. */
export function databasePath(settings: Settings): string {
  return join(settings.dataDirectory, 'llama-herd.sqlite');
}

/** Options of the writing connection, also used by the migration commands. */
export function writerOptions(settings: Settings, schema: DatabaseSchema) {
  return {
    type: 'better-sqlite3' as const,
    database: databasePath(settings),
    timeout: DRIVER_BUSY_TIMEOUT_MS,
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
