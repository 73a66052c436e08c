import { type IncomingMessage } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';
import { type Settings } from '../../config/settings.schema';
import { type AccessDecision, type AccessRules, decideAccess, type RequestFacts } from './decide-access';
import { type IpAddress, type IpNetwork, parseAddress, parseNetwork } from './ip-network';
import { normalOrigin } from './origin';

export type AccessSettings = Pick<
  Settings,
  'allowedNetworks' | 'allowedHosts' | 'trustedProxies' | 'corsOrigins'
>;

/** What the guard must know of the machine; tests bring their own. */
export interface Machine {
  readonly hostname: string;
  /** The addresses of all network interfaces at the moment. */
  readonly addresses: () => readonly string[];
}

export type AccessGuard = (req: IncomingMessage, kind: RequestFacts['kind']) => AccessDecision;

/** Interfaces come and go (VPN, Docker); asking the system for each request would cost too much. */
const ADDRESSES_LAST_MS = 10_000;

const THIS_MACHINE: Machine = {
  hostname: hostname(),
  addresses: () =>
    Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
};

/**
 * The one guard of everything that listens: HTTP requests, Socket.IO (`allowRequest`) and plain WebSocket upgrades.
 * Entries of the settings that cannot be read let nobody in.
 */
export function createAccessGuard(settings: AccessSettings, machine: Machine = THIS_MACHINE): AccessGuard {
  const rules: AccessRules = {
    allowedNetworks: networksOf(settings.allowedNetworks),
    trustedProxies: networksOf(settings.trustedProxies),
    allowedHosts: new Set([machine.hostname, ...settings.allowedHosts].map((name) => name.toLowerCase())),
    corsOrigins: new Set(settings.corsOrigins.map(normalOrigin).filter((origin) => origin !== undefined)),
    isThisMachine: localAddressCheck(machine),
  };
  return (req, kind) => decideAccess(factsOf(req, kind), rules);
}

function factsOf(req: IncomingMessage, kind: RequestFacts['kind']): RequestFacts {
  // Node keeps the first of several Host headers without a word; a proxy before us may have looked at another.
  const hosts = req.headersDistinct['host'] ?? [];
  const host = hosts.length === 1 ? hosts[0] : undefined;
  return {
    kind,
    method: req.method ?? '',
    remoteAddress: req.socket.remoteAddress,
    headers: { ...req.headers, host },
  };
}

function networksOf(entries: readonly string[]): IpNetwork[] {
  return entries.map(parseNetwork).filter((network) => network !== undefined);
}

function localAddressCheck(machine: Machine): (address: IpAddress) => boolean {
  let known = new Set<string>();
  let readAt = -Infinity;
  return (address) => {
    if (address.range() === 'loopback') {
      return true;
    }
    if (performance.now() - readAt > ADDRESSES_LAST_MS) {
      known = new Set(machine.addresses().map((text) => parseAddress(text)?.toString() ?? ''));
      readAt = performance.now();
    }
    return known.has(address.toString());
  };
}
