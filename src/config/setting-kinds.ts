import { homedir } from 'node:os';
import { isIP } from 'node:net';
import { z } from 'zod';
import { parseNetwork } from '../common/access/ip-network';

/**
 * The kinds of values that settings have. Each reads the text of the environment and words what is allowed; the value
 * itself is never in the wording, it might be a secret.
 */

export const text = (allowed = 'text') => z.string().trim().min(1, `allowed: ${allowed}, not empty`);

export const integer = (min: number, max: number) =>
  z
    .string()
    .trim()
    .regex(/^[+-]?\d+$/, `allowed: a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `allowed: a whole number from ${min} to ${max}`);

export const number = (min: number, max: number) =>
  z
    .string()
    .trim()
    .regex(/^[+-]?\d+(\.\d+)?$/, `allowed: a number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `allowed: a number from ${min} to ${max}`);

/** Seconds; fractions are allowed, so that tests can scale times down. */
export const seconds = (max = 31_536_000) => number(0.001, max);

export const boolean = () =>
  z
    .string()
    .trim()
    .toLowerCase()
    .refine(
      (value) => ['true', 'false', '1', '0', 'yes', 'no', 'on', 'off'].includes(value),
      'allowed: true or false',
    )
    .transform((value) => ['true', '1', 'yes', 'on'].includes(value));

export const list = () =>
  z.string().transform((value) =>
    value
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  );

export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z
    .string()
    .trim()
    .toLowerCase()
    .refine((value): value is T[number] => values.includes(value), `allowed: ${values.join(', ')}`);

/** Entries that cannot be read would let nobody in, without a word. */
export const networks = () =>
  list().refine(
    (entries) => entries.every((entry) => parseNetwork(entry) !== undefined),
    'allowed: addresses and networks such as 192.168.1.7, 10.0.0.0/8, fd00::/8, separated by commas',
  );

/** What can stand in a header. */
export const headerText = () =>
  text('printable ASCII characters').regex(/^[\x20-\x7e]+$/, 'allowed: printable ASCII characters');

/** Ollama refuses other texts with every call (ollama-wire §3). */
export const keepAlive = () =>
  z
    .string()
    .trim()
    .regex(
      /^-?(\d+|(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+)$/,
      'allowed: whole seconds, or a duration with units such as 10m or 1h30m; negative = for ever',
    );

const OLLAMA_PORT = 11_434;

/**
 * An address of Ollama. Also understood as OLLAMA_HOST writes it, without scheme or port; addresses to listen on
 * (0.0.0.0, ::) mean this machine (ollama-wire §11).
 */
export const ollamaAddress = () =>
  z
    .string()
    .trim()
    .transform(withScheme)
    .refine(
      isPlainHttpUrl,
      'allowed: an address that starts with http:// or https://, or host:port; without user, query and fragment',
    )
    .transform((value) => {
      const { protocol, host, pathname } = new URL(value);
      return `${protocol}//${reachableHost(host)}${pathname.replace(/\/+$/, '')}`;
    });

/** Several of them, each named once. Endings that belong to single endpoints (`/v1`, `/api`) are taken off. */
export const ollamaAddresses = () =>
  list()
    .pipe(z.array(ollamaAddress()))
    .transform((addresses) => [...new Set(addresses.map(withoutEndpoint))]);

/** One address as `ollamaAddresses` holds it; null when the text is none. */
export function readOllamaAddress(value: string): string | null {
  const { data } = ollamaAddress().safeParse(value);
  return data === undefined ? null : withoutEndpoint(data);
}

/** The address of the server itself: `/v1` and `/api` belong to single endpoints. */
export function withoutEndpoint(address: string): string {
  return address.replace(/\/(v1|api)$/i, '').replace(/\/+$/, '');
}

/** The host to connect to, given one as OLLAMA_HOST may hold it: 0.0.0.0 and :: are addresses to listen on. */
export function reachableHost(host: string): string {
  return host.replace(/^0\.0\.0\.0(?=:|$)/, '127.0.0.1').replace(/^\[::\](?=:|$)/, '[::1]');
}

/** Any address of the web. */
export const httpAddress = () =>
  z
    .string()
    .trim()
    .refine(
      (value) => /^https?:\/\//i.test(value) && URL.canParse(value),
      'allowed: an address that starts with http:// or https://',
    );

/** `host:port`, `localhost` or an IP address gets its scheme and port; anything else stays as it is. */
function withScheme(value: string): string {
  const [, host = '', port, path = ''] =
    /^([\w.-]+|\[[\da-f:.]+\])(:\d+)?(\/(?:v1|api)?\/?)?$/i.exec(value) ?? [];
  const isHost = port !== undefined || host === 'localhost' || isIP(host.replace(/^\[|\]$/g, '')) !== 0;
  return isHost ? `http://${host}${port ?? `:${OLLAMA_PORT}`}${path}` : value;
}

function isPlainHttpUrl(value: string): boolean {
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) {
    return false;
  }
  const { username, password, search, hash } = new URL(value);
  return username + password + search + hash === '';
}

/** The folder of the user for a leading `~`. */
export const folder = () => text('a folder').transform((value) => value.replace(/^~(?=$|\/)/, homedir()));
