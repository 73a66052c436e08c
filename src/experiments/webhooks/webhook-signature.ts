import { createHmac } from 'node:crypto';

/** Prefix of secrets that are written in base64, as Standard Webhooks has it. */
const BASE64_PREFIX = 'whsec_';

export interface SignedMessage {
  /** The same for every attempt, so that a receiver knows a message that it has. */
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
}

/** The header `webhook-signature` of Standard Webhooks: HMAC-SHA256 over id, time and body. */
export function webhookSignature(secret: string, { id, timestamp, body }: SignedMessage): string {
  const mac = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`);
  return `v1,${mac.digest('base64')}`;
}

function keyOf(secret: string): Buffer {
  return secret.startsWith(BASE64_PREFIX)
    ? Buffer.from(secret.slice(BASE64_PREFIX.length), 'base64')
    : Buffer.from(secret, 'utf8');
}
