import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIPv6, type LookupFunction } from 'node:net';

export interface LimitedGet {
  readonly headers: Readonly<Record<string, string>>;
  /** The only addresses that may be connected to; left out = the system looks the name up. */
  readonly addresses?: readonly string[] | undefined;
  readonly maxBytes: number;
  /** Aborting closes the connection in every phase. */
  readonly signal: AbortSignal;
}

/** An answer was longer than it may be. */
export class AnswerTooLongError extends Error {}

/**
 * GET over node:http from a server that is not trusted: a connection of its own, no redirect is followed, and a name is
 * not looked up again: a name server may have another answer by now.
 * @throws AnswerTooLongError, or the error of the connection
 */
export async function limitedGet(
  address: string,
  { headers, addresses, maxBytes, signal }: LimitedGet,
): Promise<{ readonly status: number; readonly text: string }> {
  const url = new URL(address);
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const outgoing = start(url, {
    method: 'GET',
    agent: false,
    headers: { accept: 'application/json', ...headers },
    signal,
    ...(addresses === undefined ? {} : { lookup: pinnedTo(addresses) }),
  });
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  try {
    // Once it is answered, what breaks is told by the response.
    outgoing.on('error', () => undefined);
    return { status: response.statusCode ?? 0, text: await readUpTo(response, maxBytes) };
  } finally {
    outgoing.destroy();
  }
}

function pinnedTo(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_name, { all }, done) => {
    const [first] = found;
    if (all === true) {
      done(null, found);
    } else {
      done(null, first?.address ?? '', first?.family);
    }
  };
}

async function readUpTo(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new AnswerTooLongError();
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
