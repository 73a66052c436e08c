import { sqliteCode } from './sqlite-error';

/** Whether an error says that the volume has no room for what was to be written. */
export function isStorageFull(error: unknown): boolean {
  return sqliteCode(error) === 'SQLITE_FULL';
}
