import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../config/load-settings';
import { Database } from '../database';
import { type DatabaseSchema } from '../database-schema';

/** A folder below the temporary one of the system, which the spec removes again. For specs only. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'herd-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A database on a real file, not opened yet. For specs only. */
export function databaseIn(
  folder: string,
  schema: DatabaseSchema,
  environment: Record<string, string> = {},
): Database {
  return new Database(
    loadSettings({ DATA_DIRECTORY: folder, STORAGE_RESERVE_BYTES: '0', ...environment }),
    schema,
  );
}
