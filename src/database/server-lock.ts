import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { DataUnusableError } from './data-unusable';
import { isDatabaseBusy } from './sqlite-error';

export interface ServerLock {
  release(): void;
  /** Releases it and leaves no file behind that was not there before: nothing was done in the directory. */
  abandon(): void;
}

/**
 * Keeps a second server out of a data directory: an exclusive lock on a small database of its own, which the
 * operating system frees when the process dies, however it dies.
 * @throws DataUnusableError when another server holds it, or when the folder cannot be used
 */
export function acquireServerLock(dataDirectory: string): ServerLock {
  const path = join(dataDirectory, 'server.lock');
  const isNew = !existsSync(path);
  let file: SqliteFile.Database | undefined;
  try {
    mkdirSync(dataDirectory, { recursive: true });
    file = new SqliteFile(path, { timeout: 0 });
    // A journal on the disk would need room, and there may be none.
    file.pragma('journal_mode = MEMORY');
    file.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    file?.close();
    throw isDatabaseBusy(error)
      ? new DataUnusableError(
          'in_use',
          `Another server uses the data directory ${dataDirectory}. Stop it, or give this one its own DATA_DIRECTORY.`,
          { cause: error },
        )
      : new DataUnusableError(
          'unusable',
          `The data directory ${dataDirectory} cannot be used: ${(error as Error).message}`,
          { cause: error },
        );
  }
  const held = file;
  return {
    release: () => held.close(),
    abandon: () => {
      if (isNew) {
        // While it is held: who opens the same file now does not get it, who comes later makes a new one.
        rmSync(path, { force: true });
      }
      held.close();
    },
  };
}
