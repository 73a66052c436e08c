import { type IncomingHttpHeaders } from 'node:http';
import { ValidationFailedError } from '../common/errors/domain-error';
import { IDEMPOTENCY_KEY_HEADER } from '../common/http/body-hash';
import { wrongValue } from '../common/validation/field-problems';

/** The header as documents spell it. */
export const IDEMPOTENCY_KEY = 'Idempotency-Key';

/** Marks an answer that was given before. */
export const IDEMPOTENCY_REPLAYED = 'Idempotency-Replayed';

export const MAX_KEY_CHARACTERS = 255;

/** Visible ASCII. Quotes are part of the key: `"a"` and `a` are two keys. */
export const KEY_PATTERN = '^[!-~]+$';

const KEY = new RegExp(KEY_PATTERN);

/**
 * The key of a request; null when it has none.
 * @throws ValidationFailedError
 */
export function idempotencyKeyOf(headers: IncomingHttpHeaders): string | null {
  const sent = headers[IDEMPOTENCY_KEY_HEADER];
  if (sent === undefined) {
    return null;
  }
  if (typeof sent !== 'string' || sent.length > MAX_KEY_CHARACTERS || !KEY.test(sent)) {
    const rule = `must be 1 to ${MAX_KEY_CHARACTERS} visible ASCII characters without spaces`;
    throw new ValidationFailedError([wrongValue(['header', IDEMPOTENCY_KEY], rule, sent)]);
  }
  return sent;
}
