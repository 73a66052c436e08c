import { type IncomingMessage } from 'node:http';
import { type Settings } from '../../config/settings.schema';
import { type AccessDecision, type AccessRules, decideAccess, type RequestFacts } from './decide-access';
import { networksOf } from './ip-network';
import { normalOrigin } from './origin';
import { localAddressCheck, type Machine, THIS_MACHINE } from './this-machine';

export type AccessSettings = Pick<
  Settings,
  'allowedNetworks' | 'allowedHosts' | 'trustedProxies' | 'corsOrigins'
>;

export type AccessGuard = (req: IncomingMessage, kind: RequestFacts['kind']) => AccessDecision;

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
