import { type IncomingHttpHeaders } from 'node:http';
import { type IpAddress, type IpNetwork, isInNetworks, parseAddress } from './ip-network';

/** Headers by which a proxy tells for whom it asks, besides all of `X-Forwarded-*`. */
const FORWARDING_HEADERS = new Set([
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
]);

interface Facts {
  readonly remoteAddress: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

interface Rules {
  readonly trustedProxies: readonly IpNetwork[];
  readonly isThisMachine: (address: IpAddress) => boolean;
}

/** Whose request it is. */
export interface Client {
  readonly address: IpAddress;
  /** The request was forwarded for somebody unknown: it does not count as this machine's own. */
  readonly isForeign: boolean;
}

/**
 * Whose request this is. Forwarding headers count only from a proxy in TRUSTED_PROXIES: then the client is the
 * right-most hop of X-Forwarded-For that is no trusted proxy itself (what stands left of it, the client can invent).
 * From others they make the request a foreign one, whatever they say.
 */
export function clientAddress(
  { remoteAddress, headers }: Facts,
  { trustedProxies, isThisMachine }: Rules,
): Client | { readonly refusal: string } {
  const socket = parseAddress(remoteAddress ?? '');
  if (socket === undefined) {
    return { refusal: 'The address of the other end of the connection is unknown.' };
  }
  if (!isForwarded(headers)) {
    return { address: socket, isForeign: false };
  }
  if (!isInNetworks(socket, trustedProxies)) {
    return { address: socket, isForeign: true };
  }
  const client = nearestUntrusted(headers['x-forwarded-for'], trustedProxies);
  if (client === undefined) {
    return {
      refusal: 'The proxy sends no X-Forwarded-For header, or one that holds something else than addresses.',
    };
  }
  // A loopback address that another machine forwards is that machine's own, not ours.
  const isForeignLoopback = client.range() === 'loopback' && !isThisMachine(socket);
  return { address: isForeignLoopback ? socket : client, isForeign: false };
}

function isForwarded(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some((name) => FORWARDING_HEADERS.has(name) || name.startsWith('x-forwarded-'));
}

/** The left-most hop when all are trusted proxies; undefined when a hop that counts is no address. */
function nearestUntrusted(
  header: string | string[] | undefined,
  proxies: readonly IpNetwork[],
): IpAddress | undefined {
  let client: IpAddress | undefined;
  for (const hop of (header?.toString() ?? '').split(',').toReversed()) {
    client = parseHop(hop.trim());
    if (client === undefined || !isInNetworks(client, proxies)) {
      return client;
    }
  }
  return client;
}

/** Some proxies add the port: `10.0.0.1:5000`, `[::1]:5000`. */
function parseHop(hop: string): IpAddress | undefined {
  const match = /^\[([^\]]+)\](?::\d+)?$/.exec(hop) ?? /^([\d.]+):\d+$/.exec(hop);
  return parseAddress(match?.[1] ?? hop);
}
