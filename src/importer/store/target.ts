import { existsSync } from 'node:fs';
import { DataSource, type EntityManager } from 'typeorm';
import { type Settings } from '../../config/settings.schema';
import { Database, databasePath } from '../../database/database';
import { schema } from '../../schema';

/** The database that records are moved into. */
export interface Target {
  /** Null when there is none yet: everything is new to it. */
  readonly read: EntityManager | null;
  /** Runs one transaction; does nothing in a dry run. */
  readonly write: (work: (tx: EntityManager) => Promise<void>) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Takes the data directory as a server does. @throws Error when a server runs on it */
export async function openTarget(settings: Settings): Promise<Target> {
  const database = new Database(settings, schema);
  await database.open();
  return {
    read: database.read,
    // What the reserve holds is not for an import.
    write: async (work) => {
      database.storage.assertRoom();
      await database.write(work);
    },
    close: () => database.close(),
  };
}

/** For a dry run, beside a server too: only reads. A database of an older release has nothing that was moved in. */
export async function openForDryRun(settings: Settings): Promise<Target> {
  const path = databasePath(settings);
  const reader = existsSync(path)
    ? await new DataSource({
        type: 'better-sqlite3',
        database: path,
        readonly: true,
        fileMustExist: true,
      }).initialize()
    : undefined;
  const [table] =
    (await reader?.query<unknown[]>(
      `SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'imported_records'`,
    )) ?? [];
  return {
    read: reader !== undefined && table !== undefined ? reader.manager : null,
    write: () => Promise.resolve(),
    close: async () => reader?.destroy(),
  };
}
