/** Exit codes of programs that cannot use the data directory. Wrong settings and all else end with 1. */
export const EXIT_CODES = {
  /** The database is damaged, or is none of ours. */
  unusable: 3,
  /** A newer release of this backend made the database. */
  newer: 4,
  /** Another server, import, migration or restore works on it. */
  in_use: 5,
} as const;

/** Why the data directory cannot be used; the message tells the operator what is wrong and what to do. */
export class DataUnusableError extends Error {
  constructor(
    readonly reason: keyof typeof EXIT_CODES,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = DataUnusableError.name;
  }

  get exitCode(): number {
    return EXIT_CODES[this.reason];
  }
}

/** The exit code for whatever ended a program. */
export function exitCodeOf(error: unknown): number {
  return error instanceof DataUnusableError ? error.exitCode : 1;
}
