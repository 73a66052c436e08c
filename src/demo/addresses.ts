/** How a server is reached that listens on a host and port. */
export interface Addresses {
  /** For people. */
  readonly shown: string;
  /** For this program: needs no name to be resolved. */
  readonly own: string;
}

const ALL_ADDRESSES = new Set(['0.0.0.0', '::', '']);

export function addressesOf(host: string, port: number): Addresses {
  if (ALL_ADDRESSES.has(host)) {
    return { shown: `http://localhost:${port}`, own: `http://127.0.0.1:${port}` };
  }
  const address = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return { shown: address, own: address };
}
