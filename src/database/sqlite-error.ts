/** The code of a driver's error, or of the driver's error inside another one. */
export function sqliteCode(error: unknown): string | undefined {
  return codeOf(error) ?? codeOf((error as { driverError?: unknown } | null | undefined)?.driverError);
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

const BUSY_CODES = ['SQLITE_BUSY', 'SQLITE_LOCKED'];

/** Whether an error says that another process holds the lock. */
export function isDatabaseBusy(error: unknown): boolean {
  return hasCode(error, BUSY_CODES);
}

/** Whether an error says that the volume, or the file as far as it may grow, has no room for what was to be written. */
export function isStorageFull(error: unknown): boolean {
  return hasCode(error, ['SQLITE_FULL', 'ENOSPC', 'EDQUOT']);
}

/** Whether an error may come from a full volume: the driver does not tell why the operating system refused. */
export function isWriteFault(error: unknown): boolean {
  return hasCode(error, ['SQLITE_IOERR', 'SQLITE_CANTOPEN']);
}

/** Whether an error says that the file holds something that SQLite did not write. */
export function isDatabaseDamaged(error: unknown): boolean {
  return hasCode(error, [
    'SQLITE_CORRUPT',
    'SQLITE_NOTADB',
    'SQLITE_IOERR_CORRUPTFS',
    'SQLITE_IOERR_SHORT_READ',
  ]);
}

function hasCode(error: unknown, beginnings: readonly string[]): boolean {
  const code = sqliteCode(error);
  return code !== undefined && beginnings.some((beginning) => code.startsWith(beginning));
}
