import { closeSync, fsyncSync, openSync } from 'node:fs';
import SqliteFile from 'better-sqlite3';
import { checkContent, checkHeader } from '../database/database-file';
import { isStorageFull } from '../database/sqlite-error';
import { schema } from '../schema';
import { CannotCopy } from './options';

/** How long a moment is waited for in which the database cannot be read. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Writes the state of a database at this moment into a new file, which is checked and safe on the disk afterwards. A
 * server may go on writing into the database meanwhile.
 * @throws DataUnusableError when it is damaged, none of ours or newer; CannotCopy
 */
export function copyDatabase(from: string, to: string): void {
  if (checkHeader(from) === 0) {
    throw new CannotCopy(`There is no database in ${from}.`);
  }
  reading(from, (source) => {
    checkContent(source, from, schema, 'full');
    try {
      source.prepare('VACUUM INTO ?').run(to);
    } catch (error) {
      throw isStorageFull(error)
        ? new CannotCopy(`There is too little room on the volume of ${to}.`, { cause: error })
        : error;
    }
  });
  reading(to, (copy) => checkContent(copy, to, schema, 'full'));
  syncToDisk(to);
}

/** Makes sure that a file, or the names in a folder, outlive a power cut. */
export function syncToDisk(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function reading(path: string, use: (file: SqliteFile.Database) => void): void {
  const file = new SqliteFile(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    file.pragma('temp_store = MEMORY');
    use(file);
  } finally {
    file.close();
  }
}
