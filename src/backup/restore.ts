import { existsSync, linkSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { type Settings } from '../config/settings.schema';
import { DataUnusableError } from '../database/data-unusable';
import { databasePath } from '../database/database';
import { checkDatabaseFile } from '../database/database-file';
import { acquireServerLock } from '../database/server-lock';
import { schema } from '../schema';
import { copyDatabase, syncToDisk } from './copy-database';
import { CannotCopy } from './options';
import { timeStamp } from './time-stamp';

export interface RestoreReport {
  readonly path: string;
  readonly bytes: number;
  /** Where the database is that was there before; null when there was none. */
  readonly kept: string | null;
}

/**
 * Puts a backup in the place of the database. The old one is kept, and whatever happens one of the two is in place.
 * @throws CannotCopy; DataUnusableError when the backup is damaged, none of ours or newer, or a server runs
 */
export function restore(settings: Settings, from: string): RestoreReport {
  const backup = resolve(from);
  if (!existsSync(backup)) {
    throw new CannotCopy(`There is no file ${backup}.`);
  }
  const lock = acquireServerLock(settings.dataDirectory);
  try {
    return replace(realOf(databasePath(settings)), realOf(backup));
  } finally {
    lock.release();
  }
}

function replace(path: string, backup: string): RestoreReport {
  if (path === backup) {
    throw new CannotCopy(`${backup} is the database itself.`);
  }
  const copy = `${path}.restoring`;
  rmSync(copy, { force: true });
  try {
    copyDatabase(backup, copy);
    const kept = keep(path);
    renameSync(copy, path);
    syncToDisk(dirname(path));
    return { path, bytes: statSync(path).size, kept };
  } finally {
    rmSync(copy, { force: true });
  }
}

/** Gives the old database a second name, and takes away its log: SQLite would take that for one of the new database. */
function keep(path: string): string | null {
  const kept = `${path}.before-restore-${timeStamp(new Date())}`;
  const isThere = existsSync(path);
  if (isThere) {
    foldLog(path);
  }
  for (const log of ['-wal', '-journal'].filter((ending) => existsSync(path + ending))) {
    // Who only reads leaves an empty one behind.
    if (statSync(path + log).size > 0) {
      renameSync(path + log, kept + log);
    } else {
      rmSync(path + log);
    }
  }
  rmSync(`${path}-shm`, { force: true });
  if (isThere) {
    nameTwice(path, kept);
  }
  return isThere ? kept : null;
}

/** Brings what stands in the log into the database. One that is damaged is left alone: its log stays with it. */
function foldLog(path: string): void {
  try {
    checkDatabaseFile(path, schema);
  } catch (error) {
    if (error instanceof DataUnusableError) {
      return;
    }
    throw error;
  }
  const file = new SqliteFile(path, { fileMustExist: true });
  try {
    file.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    file.close();
  }
}

function nameTwice(path: string, kept: string): void {
  try {
    linkSync(path, kept);
  } catch {
    // Not every file system knows a second name.
    renameSync(path, kept);
  }
}

function realOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path);
}
