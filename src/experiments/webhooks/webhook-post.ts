import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** Bytes of an answer that are read so that the receiver can say it in peace; what it says does not matter. */
const MAX_ANSWER_BYTES = 4_096;

export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Aborting closes the connection in every phase. */
  readonly signal: AbortSignal;
}

/**
 * POST over a connection of its own. No redirect is followed: only the host of the address was allowed.
 * @returns the status of the answer
 * @throws the error of the connection
 */
export async function postWebhook(url: string, { headers, body, signal }: WebhookRequest): Promise<number> {
  const address = new URL(url);
  const start = address.protocol === 'https:' ? httpsRequest : httpRequest;
  const outgoing = start(address, {
    method: 'POST',
    agent: false,
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    signal,
  });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  // The answer is known: what breaks from here on changes nothing.
  outgoing.on('error', () => undefined);
  response.on('error', () => undefined);
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) {
      outgoing.destroy();
    }
  });
  return response.statusCode ?? 0;
}
