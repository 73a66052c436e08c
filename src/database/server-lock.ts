import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { isDatabaseBusy } from './sqlite-busy';

export interface ServerLock {
  release(): void;
}

/**
 * Keeps a second server out of a data directory: an exclusive lock on a small database of its own, which the
 * operating system frees when the process dies, however it dies.
 * @throws Error when another server holds it, or when the folder cannot be used
 */
export function acquireServerLock(dataDirectory: string): ServerLock {
  let file: SqliteFile.Database | undefined;
  try {
    mkdirSync(dataDirectory, { recursive: true });
    file = new SqliteFile(join(dataDirectory, 'server.lock'), { timeout: 0 });
    file.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    file?.close();
    throw new Error(
      isDatabaseBusy(error)
        ? `Another server uses the data directory ${dataDirectory}. Stop it, or give this one its own DATA_DIRECTORY.`
        : `The data directory ${dataDirectory} cannot be used: ${(error as Error).message}`,
      { cause: error },
    );
  }
  const held = file;
  return { release: () => held.close() };
}
