import { DomainError } from '../common/errors/domain-error';
import { type IpAddress, type IpNetwork, isInNetworks, networksOf } from '../common/access/ip-network';
import { reachableHost } from '../config/setting-kinds';

/** An Ollama server that a client wants tested. */
export interface Endpoint {
  /** Scheme, host and port, and the base path of OLLAMA_URL where it is that; no slash at the end. */
  readonly address: string;
  /** A name or an IP address, without the brackets of IPv6. */
  readonly host: string;
  /** Whether it is OLLAMA_URL. */
  readonly isOwn: boolean;
}

/** Which addresses may be tested, besides OLLAMA_URL. */
export interface EndpointRules {
  /** OLLAMA_TEST_NETWORKS. */
  readonly networks: readonly IpNetwork[];
  readonly isThisMachine: (address: IpAddress) => boolean;
}

/** Ranges of ipaddr.js that are never tested. IPv6 addresses that wrap an IPv4 address could lead to any of these. */
const FORBIDDEN_RANGES: ReadonlySet<string> = new Set([
  'unspecified',
  'broadcast',
  'multicast',
  'linkLocal',
  'deprecatedSiteLocal',
  'rfc6145',
  'rfc6052',
  '6to4',
  'teredo',
]);

/** Addresses outside of the link-local range at which clouds hand out keys, and the old form of wrapped IPv4. */
const FORBIDDEN_NETWORKS = networksOf([
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::/32',
  'fd20:ce::254',
  '::/96',
]);

/** Paths that are no base path of their own but belong to single endpoints of Ollama. */
const ENDPOINT_PATH = /^\/?(?:v1|api)?\/?$/i;

/**
 * Reads an endpoint as a client gives it. Addresses to listen on (0.0.0.0, ::), which OLLAMA_HOST may hold, mean this
 * machine. A base path other than that of OLLAMA_URL is refused: two fixed paths are all that is ever asked for.
 * @throws DomainError ENDPOINT_NOT_ALLOWED
 */
export function readEndpoint(text: string, ollamaUrl: string): Endpoint {
  const url = readUrl(text);
  if (url.username + url.password !== '') {
    throw refusal('must not hold a user name or a password');
  }
  if (url.search + url.hash !== '') {
    throw refusal('must have no query and no fragment');
  }
  const own = new URL(ollamaUrl);
  const origin = `${url.protocol}//${reachableHost(url.host)}`;
  const isOwn = origin === own.origin;
  const basePath = isOwn ? own.pathname.replace(/\/+$/, '') : '';
  const path =
    basePath !== '' && url.pathname.startsWith(basePath) ? url.pathname.slice(basePath.length) : url.pathname;
  if (!ENDPOINT_PATH.test(path)) {
    throw refusal('must have no path');
  }
  return { address: origin + basePath, host: new URL(origin).hostname.replace(/^\[|\]$/g, ''), isOwn };
}

function readUrl(text: string): URL {
  const trimmed = text.trim();
  if (!/^https?:\/\//i.test(trimmed) || !URL.canParse(trimmed)) {
    throw refusal('must be an address that starts with http:// or https://, such as http://localhost:11434');
  }
  return new URL(trimmed);
}

/** Whether an address may be tested: this machine and the networks of the setting, without what is never tested. */
export function mayTest(address: IpAddress, { networks, isThisMachine }: EndpointRules): boolean {
  const isLoopback = address.range() === 'loopback';
  const isForbidden = FORBIDDEN_RANGES.has(address.range()) || isInNetworks(address, FORBIDDEN_NETWORKS);
  return isLoopback || (!isForbidden && (isThisMachine(address) || isInNetworks(address, networks)));
}

/** The refusal of an endpoint whose address may not be tested. Where a name leads is not told. */
export function addressRefusal(host: string): DomainError {
  return refusal(
    `must be this machine, OLLAMA_URL, or in a network of OLLAMA_TEST_NETWORKS; '${host}' is not, or is an address that is never tested`,
  );
}

function refusal(reason: string): DomainError {
  return new DomainError('ENDPOINT_NOT_ALLOWED', `endpoint ${reason}.`);
}
