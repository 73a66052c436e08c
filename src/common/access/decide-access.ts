import { type IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { type ErrorCode } from '../errors/error-codes';
import { clientAddress } from './client-address';
import { type IpAddress, type IpNetwork, isInNetworks } from './ip-network';
import { type HostAndPort, isOriginOf, normalOrigin, parseHost } from './origin';

/** What is known of a request before anything of it is read. */
export interface RequestFacts {
  /** A handshake opens a socket (plain WebSocket, or any transport of Socket.IO) or a stream of Server-Sent Events. */
  readonly kind: 'request' | 'handshake';
  readonly method: string;
  /** Address of the other end of the connection. */
  readonly remoteAddress: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** Who is let in; made from the settings by `createAccessGuard`. */
export interface AccessRules {
  readonly allowedNetworks: readonly IpNetwork[];
  readonly trustedProxies: readonly IpNetwork[];
  /** Names, in lower case, with a port (`name:8000`) or for any port. */
  readonly allowedHosts: ReadonlySet<string>;
  /** In the form of `normalOrigin`. */
  readonly corsOrigins: ReadonlySet<string>;
  readonly isThisMachine: (address: IpAddress) => boolean;
}

export type AccessCode = Extract<
  ErrorCode,
  'ADDRESS_NOT_ALLOWED' | 'HOST_NOT_ALLOWED' | 'ORIGIN_NOT_ALLOWED'
>;

export type AccessDecision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly code: AccessCode; readonly message: string };

const ALLOWED: AccessDecision = { allowed: true };
const READING_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Decision 24: let in is this machine, or a network of ALLOWED_NETWORKS, under a host name that is ours (else a page
 * of a stranger could reach us by DNS rebinding), and, where something is changed or a socket opened, not from a page
 * of another origin. The message of a refusal names the setting that would let the request in.
 */
export function decideAccess(facts: RequestFacts, rules: AccessRules): AccessDecision {
  const address = decideAddress(facts, rules);
  if (!address.allowed) {
    return address;
  }
  const host = parseHost(facts.headers.host ?? '');
  if (host === undefined || !isKnownHost(host, rules)) {
    const shown =
      host === undefined ? 'The Host header is missing or malformed' : `The host "${host.name}" is unknown`;
    return refuse(
      'HOST_NOT_ALLOWED',
      `${shown}; ALLOWED_HOSTS lists the names under which this server may be addressed.`,
    );
  }
  return decideOrigin(facts, host, rules);
}

function decideAddress(facts: RequestFacts, rules: AccessRules): AccessDecision {
  const client = clientAddress(facts, rules);
  if ('refusal' in client) {
    return refuse('ADDRESS_NOT_ALLOWED', client.refusal);
  }
  const { address, isForeign } = client;
  const isOwn = !isForeign && rules.isThisMachine(address);
  if (isOwn || isInNetworks(address, rules.allowedNetworks)) {
    return ALLOWED;
  }
  return refuse(
    'ADDRESS_NOT_ALLOWED',
    isForeign
      ? `The request was forwarded by ${address.toString()}; TRUSTED_PROXIES lists the proxies whose X-Forwarded-For is believed, ALLOWED_NETWORKS the networks that may use this server.`
      : `The address ${address.toString()} is not this machine; ALLOWED_NETWORKS lists the networks that may use this server.`,
  );
}

function isKnownHost({ name, port }: HostAndPort, rules: AccessRules): boolean {
  return (
    name === 'localhost' ||
    isIP(name) !== 0 ||
    rules.allowedHosts.has(name) ||
    (port !== undefined && rules.allowedHosts.has(`${name}:${port}`))
  );
}

function decideOrigin(facts: RequestFacts, host: HostAndPort, rules: AccessRules): AccessDecision {
  const sent = facts.headers.origin;
  const isChecked = facts.kind === 'handshake' || !READING_METHODS.has(facts.method);
  if (!isChecked || sent === undefined) {
    return ALLOWED;
  }
  const origin = normalOrigin(sent);
  if (origin !== undefined && (rules.corsOrigins.has(origin) || isOriginOf(origin, host))) {
    return ALLOWED;
  }
  return refuse(
    'ORIGIN_NOT_ALLOWED',
    'The request comes from a page of another origin; CORS_ORIGINS lists the origins whose pages may use this server.',
  );
}

function refuse(code: AccessCode, message: string): AccessDecision {
  return { allowed: false, code, message };
}
