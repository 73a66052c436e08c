import { ValidationFailedError } from '../errors/domain-error';
import { wrongValue } from '../validation/field-problems';

/** Place in a list that is ordered by a time and then by id: the last entry of the page before. */
export interface Cursor {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly id: string;
}

/** Entries of a page when a request gives a cursor but no limit. */
export const DEFAULT_PAGE = 100;

/** Most entries of a page. */
export const MAX_PAGE = 1_000;

/** The cursor as clients get it and send it back. */
export function encodeCursor({ time, id }: Cursor): string {
  return Buffer.from(JSON.stringify([time, id])).toString('base64url');
}

/**
 * Reads a cursor that a client sent back.
 * @throws ValidationFailedError naming `query.cursor` when it is none of ours
 */
export function decodeCursor(text: string): Cursor {
  const parts = parse(text);
  if (!Array.isArray(parts) || parts.length !== 2 || !parts.every((part) => typeof part === 'string')) {
    throw wrongCursor(text);
  }
  const [time = '', id = ''] = parts;
  return { time, id };
}

/** A cursor that is none of ours. */
export function wrongCursor(text: string): ValidationFailedError {
  return new ValidationFailedError([
    wrongValue(['query', 'cursor'], 'must be the cursor that an earlier answer gave', text),
  ]);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
