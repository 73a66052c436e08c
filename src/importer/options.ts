import { parseArgs } from 'node:util';
import { isZone, localZone } from './source/times';
import { CannotImport } from './unusable';

export const HELP = `Moves the data of the FastAPI backend into this one. The source is only read; a second run changes nothing
but what has changed in the source meanwhile.

Usage: npm run import -- <data-directory> [flags]

  --timezone <Area/City>  zone of the clocks of the old server  (the zone of this machine)
  --dry-run               reads, checks and reports, but stores nothing; may run beside a server
  --json                  the report as JSON
  --help                  this text

It goes into DATA_DIRECTORY (environment or .env), on which no server may run meanwhile.
Ends with 0; with 2 when something was left out; with 1 when it could not run.
`;

export interface ImportOptions {
  /** The data directory of the old server. */
  readonly source: string;
  readonly timezone: string;
  readonly isDryRun: boolean;
  readonly asJson: boolean;
}

/**
 * Reads the command line; null when help is asked for.
 * @throws CannotImport
 */
export function readOptions(args: readonly string[]): ImportOptions | null {
  const { values, positionals } = parse(args);
  if (values.help) {
    return null;
  }
  const [source, ...others] = positionals;
  if (source === undefined || others.length > 0) {
    throw new CannotImport(`Name one data directory.\n\n${HELP}`);
  }
  const timezone = values.timezone ?? localZone();
  if (!isZone(timezone)) {
    throw new CannotImport(`--timezone takes a name such as Europe/Berlin or UTC, not "${timezone}".`);
  }
  return { source, timezone, isDryRun: values['dry-run'] ?? false, asJson: values.json ?? false };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        timezone: { type: 'string' },
        'dry-run': { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new CannotImport(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`, {
      cause: error,
    });
  }
}
