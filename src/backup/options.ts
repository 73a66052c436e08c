import { parseArgs } from 'node:util';

export const BACKUP_HELP = `Copies the database into one file, also while a server runs on it.

Usage: npm run backup [-- flags]

  --to <file>   where to  (DATA_DIRECTORY/backups/llama-herd-<UTC time>.sqlite)
  --help        this text

Never overwrites a file. Ends with 0; with 3 when the database is damaged or none of ours, 4 when a newer release made
it, 1 for everything else.
`;

export const RESTORE_HELP = `Puts a backup in the place of the database, which is kept beside it. No server may run meanwhile.

Usage: npm run restore -- --from <file>

  --from <file>  the backup
  --help         this text

Ends with 0; with 3 when the backup is damaged or none of ours, 4 when a newer release made it, 5 when a server runs,
1 for everything else.
`;

/** Why a backup or a restore cannot be made; the message is for the user. */
export class CannotCopy extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = CannotCopy.name;
  }
}

/**
 * Reads a command line with one flag that names a file; null when help is asked for.
 * @returns the file, empty when the flag is left out
 * @throws CannotCopy
 */
export function readFileFlag(args: readonly string[], flag: string, help: string): string | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { [flag]: { type: 'string' }, help: { type: 'boolean' } },
    });
    const file = values[flag];
    if (file === '') {
      throw new Error(`--${flag} needs the name of a file.`);
    }
    return values['help'] === true ? null : String(file ?? '');
  } catch (error) {
    throw new CannotCopy(`${(error as Error).message}\n\n${help}`, { cause: error });
  }
}
