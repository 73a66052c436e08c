import { DomainError } from '../common/errors/domain-error';
import { type IpAddress, type IpNetwork, isInNetworks, networksOf } from '../common/access/ip-network';
import { reachableHost } from '../config/setting-kinds';

/** An Ollama server that a client wants tested. */
export interface Endpoint {
  /** Scheme, host and port, and the base path of our own server where it is one; no slash at the end. */
  readonly address: string;
  /** A name or an IP address, without the brackets of IPv6. */
  readonly host: string;
  /** Whether it is one of OLLAMA_URLS. */
  readonly isOwn: boolean;
}

/** Which addresses may be tested, besides OLLAMA_URLS. */
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
 * machine. A base path other than that of our own server is refused: two fixed paths are all that is ever asked for.
 * @param ollamaUrls the addresses of our own servers, as OLLAMA_URLS holds them
 * @throws DomainError ENDPOINT_NOT_ALLOWED
 */
export function readEndpoint(text: string, ollamaUrls: readonly string[]): Endpoint {
  const url = readUrl(text);
  if (url.username + url.password !== '') {
    throw refusal('must not hold a user name or a password');
  }
  if (url.search + url.hash !== '') {
    throw refusal('must have no query and no fragment');
  }
  const origin = `${url.protocol}//${reachableHost(url.host)}`;
  const basePath = ownBasePath(origin, url.pathname, ollamaUrls);
  const path = url.pathname.startsWith(basePath ?? '')
    ? url.pathname.slice(basePath?.length ?? 0)
    : url.pathname;
  if (!ENDPOINT_PATH.test(path)) {
    throw refusal('must have no path');
  }
  return {
    address: origin + (basePath ?? ''),
    host: new URL(origin).hostname.replace(/^\[|\]$/g, ''),
    isOwn: basePath !== null,
  };
}

/**
 * The base path of the own server that is meant, often empty; null when it is none of ours. Of several servers behind
 * one host it is the one whose path was given, else the first.
 */
function ownBasePath(origin: string, path: string, ollamaUrls: readonly string[]): string | null {
  const basePaths = ollamaUrls
    .map((address) => new URL(address))
    .filter((own) => own.origin === origin)
    .map(({ pathname }) => pathname.replace(/\/+$/, ''));
  const given = basePaths
    .filter((basePath) => basePath !== '' && path.startsWith(basePath))
    .toSorted((a, b) => b.length - a.length);
  return given[0] ?? basePaths[0] ?? null;
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
    `must be this machine, one of OLLAMA_URLS, or in a network of OLLAMA_TEST_NETWORKS; '${host}' is not, or is an address that is never tested`,
  );
}

function refusal(reason: string): DomainError {
  return new DomainError('ENDPOINT_NOT_ALLOWED', `endpoint ${reason}.`);
}
