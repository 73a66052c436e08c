import { createHash } from 'node:crypto';
import { type IncomingMessage } from 'node:http';

/** Name of the header under which a request may be repeated, as Node spells it. */
export const IDEMPOTENCY_KEY_HEADER = 'idempotency-key';

const EMPTY_BODY_HASH = sha256('');

const hashes = new WeakMap<IncomingMessage, string>();

/** Whether a request may come again: only of such a one it is kept what its body was. */
export function isRepeatable({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers[IDEMPOTENCY_KEY_HEADER] !== undefined;
}

/** Keeps the hash of a body, as long as its request lives. */
export function noteBodyHash(req: IncomingMessage, hash: string): void {
  hashes.set(req, hash);
}

/** SHA-256 of the body of a repeatable request, in hex. */
export function bodyHashOf(req: IncomingMessage): string {
  return hashes.get(req) ?? EMPTY_BODY_HASH;
}

export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
