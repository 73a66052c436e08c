import { existsSync, linkSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Settings } from '../config/settings.schema';
import { databasePath } from '../database/database';
import { copyDatabase, syncToDisk } from './copy-database';
import { CannotCopy } from './options';
import { timeStamp } from './time-stamp';

export interface BackupReport {
  readonly path: string;
  readonly bytes: number;
  readonly seconds: number;
}

/** A copy that is being made: the number is that of the process. */
const PARTIAL_NAME = /\.(\d+)\.partial(-journal)?$/;

/**
 * Makes a backup. Under its final name there is a whole and checked copy or nothing, whatever happens.
 * @param to where to; empty = a file named after the time, below DATA_DIRECTORY
 * @throws CannotCopy; DataUnusableError when the database is damaged, none of ours or newer
 */
export function backup(settings: Settings, to: string): BackupReport {
  const startedAt = performance.now();
  const folder = join(settings.dataDirectory, 'backups');
  const path = resolve(to === '' ? join(folder, `llama-herd-${timeStamp(new Date())}.sqlite`) : to);
  assertNew(path);
  mkdirSync(dirname(path), { recursive: true });
  removeLeftovers(folder);
  const partial = `${path}.${process.pid}.partial`;
  try {
    copyDatabase(databasePath(settings), partial);
    publish(partial, path);
  } finally {
    rmSync(partial, { force: true });
  }
  syncToDisk(dirname(path));
  return { path, bytes: statSync(path).size, seconds: (performance.now() - startedAt) / 1000 };
}

function assertNew(path: string): void {
  if (existsSync(path)) {
    throw new CannotCopy(`${path} exists already; nothing was overwritten.`);
  }
}

/** A second name never overwrites, as renaming would. */
function publish(partial: string, path: string): void {
  try {
    linkSync(partial, path);
  } catch (error) {
    assertNew(path);
    throw new CannotCopy(`${path} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

/** Removes from our own folder what backups left that were killed. */
function removeLeftovers(folder: string): void {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const owner = PARTIAL_NAME.exec(name)?.[1];
    if (owner !== undefined && !isRunning(Number(owner))) {
      rmSync(join(folder, name), { force: true });
    }
  }
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
