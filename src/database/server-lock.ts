import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';

export interface ServerLock {
  release(): void;
}

/**
 * Keeps a second server out of a data directory: an exclusive lock on a small database of its own, which the
 * operating system frees when the process dies, however it dies.
 * @throws Error when another server holds it
 */
export function acquireServerLock(dataDirectory: string): ServerLock {
  mkdirSync(dataDirectory, { recursive: true });
  const file = new SqliteFile(join(dataDirectory, 'server.lock'), { timeout: 0 });
  try {
    file.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    throw new Error(
      `Another server uses the data directory ${dataDirectory}. Stop it, or give this one its own DATA_DIRECTORY.`,
      { cause: error },
    );
  }
  return { release: () => file.close() };
}
