import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** A network, or one address (all bits count). */
export interface IpNetwork {
  readonly address: IpAddress;
  readonly bits: number;
}

const MAPPED_PREFIX_BITS = 96;

/** How a socket that listens for both kinds shows IPv4; taken off here, since the library needs 6 µs for it. */
const MAPPED_PREFIX = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

/** Reads an address as sockets and headers write it; IPv4 inside IPv6 (`::ffff:10.0.0.1`) becomes IPv4. */
export function parseAddress(text: string): IpAddress | undefined {
  const [withoutZone = ''] = text.split('%', 1);
  const address = withoutZone.replace(MAPPED_PREFIX, '');
  return isIP(address) === 0 ? undefined : ipaddr.process(address);
}

/**
 * Reads an entry of ALLOWED_NETWORKS or TRUSTED_PROXIES: `192.168.0.0/16`, `10.1.2.3`, `fd00::/8`.
 * @returns undefined when it is neither an address nor a network
 */
export function parseNetwork(text: string): IpNetwork | undefined {
  const [host = '', prefix, ...rest] = text.trim().split('/');
  const address = parseAddress(host);
  if (address === undefined || rest.length > 0 || host.includes('%')) {
    return undefined;
  }
  const width = address.kind() === 'ipv4' ? 32 : 128;
  if (prefix === undefined) {
    return { address, bits: width };
  }
  const isMapped = width === 32 && isIP(host) === 6;
  const bits = Number(prefix) - (isMapped ? MAPPED_PREFIX_BITS : 0);
  return /^\d{1,3}$/.test(prefix) && bits >= 0 && bits <= width ? { address, bits } : undefined;
}

/** The networks of a setting. Entries that cannot be read are left out: they let nobody in. */
export function networksOf(entries: readonly string[]): IpNetwork[] {
  return entries.map(parseNetwork).filter((network) => network !== undefined);
}

/** Whether an address lies in one of the networks. */
export function isInNetworks(address: IpAddress, networks: readonly IpNetwork[]): boolean {
  return networks.some(
    (network) => network.address.kind() === address.kind() && address.match(network.address, network.bits),
  );
}
