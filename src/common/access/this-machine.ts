import { hostname, networkInterfaces } from 'node:os';
import { type IpAddress, parseAddress } from './ip-network';

/** What has to be known of the machine; tests bring their own. */
export interface Machine {
  readonly hostname: string;
  /** The addresses of all network interfaces at the moment. */
  readonly addresses: () => readonly string[];
}

/** Interfaces come and go (VPN, Docker); asking the system for each request would cost too much. */
const ADDRESSES_LAST_MS = 10_000;

export const THIS_MACHINE: Machine = {
  hostname: hostname(),
  addresses: () =>
    Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
};

/** Tells whether an address is loopback or one of the machine's own. */
export function localAddressCheck(machine: Machine): (address: IpAddress) => boolean {
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
