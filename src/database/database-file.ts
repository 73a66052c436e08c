import {
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { DataUnusableError } from './data-unusable';
import { type DatabaseSchema } from './database-schema';
import { isDatabaseDamaged } from './sqlite-error';

/** Marks our databases in their header ("HERD"); those of the first releases have 0 instead. */
export const APPLICATION_ID = 0x48455244;

const HEADER_BYTES = 100;
const MAGIC = 'SQLite format 3\0';

/** Files up to this size are looked through at start: about a tenth of a second. Damage in larger ones shows in use. */
const QUICK_CHECK_MAX_BYTES = 128 * 1024 * 1024;

const RESTORE = 'restore a backup with "npm run restore -- --from <file>"';
const REMEDIES = {
  unusable: `Nothing was changed. To go on, ${RESTORE}, or give this server another DATA_DIRECTORY.`,
  newer: `Nothing was changed. Start that release, or ${RESTORE} that this one made.`,
  in_use: '',
} as const;

/**
 * Makes sure that a database file, if there is one, is whole, is ours and is not of a newer release. The file, its
 * log and its folder stay as they are, byte by byte. The caller holds the server lock.
 * @throws DataUnusableError
 */
export function checkDatabaseFile(path: string, schema: DatabaseSchema): void {
  try {
    const size = checkHeader(path);
    // With a journal, SQLite was stopped while it made the database, and takes that back when it opens it.
    if (size > 0 && !hasBytes(`${path}-journal`)) {
      withView(path, (view) =>
        checkContent(view, path, schema, size <= QUICK_CHECK_MAX_BYTES ? 'quick' : 'origin'),
      );
    }
  } catch (error) {
    if (error instanceof DataUnusableError) {
      throw new DataUnusableError(error.reason, `${error.message} ${REMEDIES[error.reason]}`, {
        cause: error,
      });
    }
    throw error;
  }
}

/**
 * Makes sure that an open database is ours and not newer, and, if wanted, that all of it can be read: `quick` looks
 * through the pages, `full` compares the indexes with the rows as well.
 * @throws DataUnusableError
 */
export function checkContent(
  file: SqliteFile.Database,
  path: string,
  schema: DatabaseSchema,
  depth: 'origin' | 'quick' | 'full',
): void {
  try {
    checkOrigin(file, path, schema);
    const check = { origin: null, quick: 'quick_check(1)', full: 'integrity_check(1)' }[depth];
    const problem = check === null ? 'ok' : file.pragma(check, { simple: true });
    if (problem !== 'ok') {
      throw damaged(path, String(problem).trim());
    }
  } catch (error) {
    throw isDatabaseDamaged(error) ? damaged(path, (error as Error).message, { cause: error }) : error;
  }
}

/** Looks at the first bytes; gives the size, 0 when there is nothing yet. @throws DataUnusableError */
export function checkHeader(path: string): number {
  const { header, size, isFile } = readHeader(path);
  const hasLog = hasBytes(`${path}-wal`) || hasBytes(`${path}-journal`);
  if (!isFile) {
    throw new DataUnusableError('unusable', `${path} is not a file.`);
  }
  if (size === 0) {
    if (hasLog) {
      // SQLite would take it for a new database and throw the log away.
      throw damaged(path, 'the file is empty or missing, but its log is there');
    }
    return 0;
  }
  if (header.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) {
    throw new DataUnusableError('unusable', `${path} is not an SQLite database.`);
  }
  const missing = size < HEADER_BYTES ? HEADER_BYTES - size : wholeSize(header) - size;
  if (missing > 0 && !hasLog) {
    throw damaged(path, `its last ${missing} bytes are missing`);
  }
  return size;
}

/** The size that the header tells; 0 when a program that does not keep that number wrote last. */
function wholeSize(header: Buffer): number {
  const pageSize = header.readUInt16BE(16);
  const isPageCountValid = header.readUInt32BE(24) === header.readUInt32BE(92);
  return isPageCountValid ? header.readUInt32BE(28) * (pageSize === 1 ? 65_536 : pageSize) : 0;
}

function readHeader(path: string): { header: Buffer; size: number; isFile: boolean } {
  const header = Buffer.alloc(HEADER_BYTES);
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return { header, size: 0, isFile: true };
    }
    throw new DataUnusableError('unusable', `${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  try {
    const stats = fstatSync(descriptor);
    if (stats.isFile()) {
      readSync(descriptor, header, 0, HEADER_BYTES, 0);
    }
    return { header, size: stats.size, isFile: stats.isFile() };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Opens a database for reading without a trace. SQLite would make the files of its log beside the database, even to
 * read, so it is shown the same file under a name in a folder of its own.
 */
function withView(path: string, look: (view: SqliteFile.Database) => void): void {
  const real = realpathSync(path);
  const folder = join(dirname(real), '.llama-herd-check');
  const name = join(folder, 'view');
  rmSync(folder, { recursive: true, force: true });
  try {
    const isLinked = link(real, name);
    const view = new SqliteFile(isLinked ? name : real, { readonly: true, fileMustExist: true });
    try {
      look(view);
    } finally {
      view.close();
    }
  } catch (error) {
    throw isDatabaseDamaged(error) ? damaged(path, (error as Error).message, { cause: error }) : error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Gives false where the file system knows no hard links: then the check leaves an empty log behind, no more. */
function link(real: string, name: string): boolean {
  try {
    mkdirSync(dirname(name));
    linkSync(real, name);
    if (existsSync(`${real}-wal`)) {
      linkSync(`${real}-wal`, `${name}-wal`);
    }
    return true;
  } catch {
    return false;
  }
}

function checkOrigin(file: SqliteFile.Database, path: string, schema: DatabaseSchema): void {
  const id = file.pragma('application_id', { simple: true });
  const tables = file.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).pluck().all();
  const known = migrationNames(schema);
  const done = tables.includes('migrations')
    ? (file.prepare('SELECT * FROM migrations').all() as { name?: unknown }[]).map(({ name }) => name)
    : [];
  const isOfFirstReleases = id === 0 && (tables.length === 0 || done.some((name) => known.has(name)));
  if (id !== APPLICATION_ID && !isOfFirstReleases) {
    throw new DataUnusableError('unusable', `${path} is a database of another program.`);
  }
  const unknown = done.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new DataUnusableError(
      'newer',
      `${path} was made by a newer release of this backend (${unknown.join(', ')}).`,
    );
  }
}

function hasBytes(path: string): boolean {
  return existsSync(path) && statSync(path).size > 0;
}

function migrationNames({ migrations }: DatabaseSchema): Set<unknown> {
  const classes = Object.values(migrations) as (new () => { name?: string })[];
  return new Set(classes.map((Migration) => new Migration().name ?? Migration.name));
}

function damaged(path: string, problem: string, options?: ErrorOptions): DataUnusableError {
  return new DataUnusableError('unusable', `${path} is damaged: ${problem}.`, options);
}
