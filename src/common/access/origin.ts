/** Host name and port of an address; the port is undefined when none is written. */
export interface HostAndPort {
  /** In lower case, without a final dot; an IPv6 address without its brackets. */
  readonly name: string;
  readonly port: number | undefined;
}

const HOST = /^(?:\[([\da-f:.]+)\]|([a-z\d_.-]+))(?::(\d{1,5}))?$/i;

/** Reads a Host header; undefined when it is none. */
export function parseHost(text: string): HostAndPort | undefined {
  const match = HOST.exec(text);
  const name = match?.[1] ?? match?.[2]?.replace(/\.$/, '');
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (name === undefined || name === '' || (port ?? 0) > 65_535) {
    return undefined;
  }
  return { name: name.toLowerCase(), port };
}

/** An http(s) origin in the form in which browsers send it; undefined for anything else, such as `null`. */
export function normalOrigin(text: string): string | undefined {
  if (!URL.canParse(text)) {
    return undefined;
  }
  const { origin, protocol } = new URL(text);
  return protocol === 'http:' || protocol === 'https:' ? origin : undefined;
}

/**
 * Whether an origin has the host and port of a Host header. The scheme of the request is not known behind a proxy,
 * so a Host without a port stands for the default port of the origin's scheme.
 */
export function isOriginOf(origin: string, host: HostAndPort): boolean {
  const { protocol, host: originHost } = new URL(origin);
  const defaultPort = protocol === 'https:' ? 443 : 80;
  const own = parseHost(originHost);
  return (
    own !== undefined && own.name === host.name && (own.port ?? defaultPort) === (host.port ?? defaultPort)
  );
}
