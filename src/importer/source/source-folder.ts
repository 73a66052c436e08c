import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { join, sep } from 'node:path';
import { CannotImport, Unusable } from '../unusable';

/** What stands in a folder, sorted by name. */
export interface Listing {
  readonly folders: readonly string[];
  readonly files: readonly string[];
  /** Entries that are of no use, and why. */
  readonly problems: readonly { readonly name: string; readonly reason: string }[];
}

/** A file of the source that was read. */
export interface SourceFile {
  /** What `JSON.parse` made of it. */
  readonly json: unknown;
  readonly bytes: number;
  /** ISO 8601, UTC; when the file was changed last. */
  readonly modifiedAt: string;
}

/** Locks and temporary files of the old server. */
const IGNORED = /^\.|\.lock$|\.tmp$/i;
const LEADS_OUT = 'is a link that leads out of the data directory';
// A link that is put in place of a checked file is not followed, and a pipe is not waited for.
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The data directory of the old server. It is only read, and nothing outside it is. */
export class SourceFolder {
  private constructor(
    private readonly root: string,
    private readonly maxFileBytes: number,
  ) {}

  /** @throws CannotImport when there is no such folder */
  static open(path: string, maxFileBytes: number): SourceFolder {
    try {
      const root = realpathSync(path);
      readdirSync(root);
      return new SourceFolder(root, maxFileBytes);
    } catch (error) {
      throw new CannotImport(`The data directory ${path} cannot be read: ${systemReason(error)}.`, {
        cause: error,
      });
    }
  }

  /** Entries of a folder, given relative to the source; nothing when the folder does not exist. */
  list(folder: string): Listing {
    const folders: string[] = [];
    const files: string[] = [];
    const problems: { name: string; reason: string }[] = [];
    for (const name of this.names(folder, problems)) {
      try {
        const status = statSync(this.resolve(join(folder, name)));
        if (status.isDirectory()) {
          folders.push(name);
        } else {
          files.push(name);
        }
      } catch (error) {
        problems.push({ name, reason: reasonOf(error) });
      }
    }
    return { folders, files, problems };
  }

  /**
   * Reads a file, given relative to the source.
   * @throws Unusable
   */
  readJson(path: string): SourceFile {
    const { bytes, modifiedAt } = this.read(path);
    return { json: parse(bytes), bytes: bytes.length, modifiedAt };
  }

  private names(folder: string, problems: { name: string; reason: string }[]): string[] {
    try {
      return readdirSync(this.resolve(folder))
        .filter((name) => !IGNORED.test(name))
        .toSorted();
    } catch (error) {
      if (!isAbsent(error)) {
        problems.push({ name: '', reason: reasonOf(error) });
      }
      return [];
    }
  }

  private read(path: string): { bytes: Buffer; modifiedAt: string } {
    let file: number | undefined;
    try {
      file = openSync(this.resolve(path), OPEN_FLAGS);
      const status = fstatSync(file);
      if (!status.isFile()) {
        throw new Unusable('', 'is not a file');
      }
      if (status.size > this.maxFileBytes) {
        throw new Unusable('', `has ${status.size} bytes, more than MAX_IMPORT_BYTES (${this.maxFileBytes})`);
      }
      return { bytes: readFileSync(file), modifiedAt: status.mtime.toISOString() };
    } catch (error) {
      throw error instanceof Unusable ? error : new Unusable('', reasonOf(error));
    } finally {
      if (file !== undefined) {
        closeSync(file);
      }
    }
  }

  private resolve(path: string): string {
    const real = realpathSync(join(this.root, path));
    if (real !== this.root && !real.startsWith(this.root.endsWith(sep) ? this.root : this.root + sep)) {
      throw new Unusable('', LEADS_OUT);
    }
    return real;
  }
}

function parse(bytes: Buffer): unknown {
  if (bytes.length === 0) {
    throw new Unusable('', 'is empty');
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Unusable('', 'is not UTF-8 text');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Unusable('', `is not JSON: ${reasonOfParser((error as Error).message)}`);
  }
}

/** Without what is in the file, and the same in all versions of Node. */
function reasonOfParser(message: string): string {
  return message.replace(/, (\.\.\.)?".*$/s, '').replace(/ \(line \d+ column \d+\)$/, '');
}

function reasonOf(error: unknown): string {
  return error instanceof Unusable ? error.message : `cannot be read: ${systemReason(error)}`;
}

const SYSTEM_REASONS: Record<string, string> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'it is not a folder',
  EACCES: 'access is denied',
  EPERM: 'access is denied',
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'its name is too long',
};

/** The system's own text holds the whole path. */
function systemReason(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  return SYSTEM_REASONS[code] ?? (code || (error as Error).message);
}

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
