/** The code of a driver's error, or of the driver's error inside another one. */
export function sqliteCode(error: unknown): string | undefined {
  return codeOf(error) ?? codeOf((error as { driverError?: unknown } | null | undefined)?.driverError);
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
