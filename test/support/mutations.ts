import { type Random } from './random';
import { type RawRequest } from './raw-http';

const TEXTS = [
  '',
  ' ',
  'x',
  'completed',
  'Guide',
  'System',
  '__proto__',
  'constructor',
  'toString',
  '0',
  '-1',
  '1e400',
  'true',
  'a\0b',
  '\ud800',
  '\u202eabc',
  '👨‍👩‍👧',
  '../../x',
  '%00',
  "'; DROP TABLE experiments; --",
  '{{roles}}{x}',
  '${7*7}',
  '\r\n\r\n',
  'x'.repeat(300),
  'y'.repeat(20_000),
] as const;
const NUMBERS = [
  0,
  -0,
  1,
  2,
  -1,
  0.5,
  1.5,
  64,
  65,
  101,
  1e9,
  2 ** 31,
  2 ** 53,
  -1e308,
  1e308,
  5e-324,
] as const;
const NAMES = [
  'task',
  'agents',
  'id',
  'name',
  'prompt',
  'options',
  'title',
  'status',
  'then',
  'length',
  'toJSON',
] as const;
const METHODS = [
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'HEAD',
  'TRACE',
  'PROPFIND',
  'LOCK',
] as const;
const SEGMENTS = [
  'api',
  'experiments',
  'conversations',
  'models',
  'ollama',
  'start',
  'experiment',
  'storage',
  'info',
  'messages',
  'export',
  'import',
  'pull',
  'by-model',
  'health',
  'dismiss',
  'delete',
  'show',
  'unload',
  'catalog',
  'update',
  'generate',
  'test',
  'list',
  'default-chat-rules',
  'events',
  'status',
  'docs',
  'ws',
  'x',
  '..',
  '.',
  '',
] as const;
const ODD_SEGMENTS = [
  '%00',
  '%FF',
  '%2f',
  '%',
  '%zz',
  '__proto__',
  '*',
  ':id',
  '(',
  '\\',
  '%F0%9F%98%80',
  ';a=b',
  'x'.repeat(500),
] as const;
const BASES = ['', '', '/api/experiments', '/api/conversations', '/api/models', '/api/ollama'] as const;
const QUERIES = [
  '',
  '?',
  '?status=completed',
  '?status=x',
  '?after=-1',
  '?after=0&limit=5',
  '?limit=1e9',
  '?a[b][c]=1',
  '?__proto__=1',
  '?%FF=%00',
  '?status=error&status=error',
  '?limit=2&cursor=W10',
  '?limit=1&from=x&to=2026-01-01&model=m',
  '?source=import&format=md&after_seq=-1',
  '?force=maybe',
] as const;
const HEADERS = [
  {},
  {},
  {},
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/json; charset=x' },
  { 'content-encoding': 'gzip' },
  { 'x-request-id': 'a b\tc' },
  { 'x-request-id': 'x'.repeat(100) },
  { origin: 'http://evil.example' },
  { host: 'evil.example' },
  { 'x-forwarded-for': '10.0.0.1' },
  { accept: 'text/html' },
  { expect: 'x' },
  { 'if-none-match': '*', range: 'bytes=0-1' },
] as const;

/** A request that is good as it is. */
export interface GoodRequest {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly body: unknown;
}

/** A random request: mostly a good one with a few changes in its body, sometimes anything at all. */
export function randomRequest(
  random: Random,
  good: readonly [GoodRequest, ...GoodRequest[]],
  ids: readonly [string, ...string[]],
): RawRequest {
  const kind = random.next();
  if (kind < 0.85) {
    const { method, path, body } = random.of(good);
    const text = JSON.stringify(mutated(random, body));
    return { method, path, body: kind < 0.7 ? text : garbled(random, Buffer.from(text)) };
  }
  return {
    method: random.of(METHODS),
    path: randomPath(random, ids),
    headers: random.of(HEADERS),
    ...(random.chance(0.5) ? { body: JSON.stringify(randomValue(random, 3)) } : {}),
  };
}

/** A copy with one to three changes at random places. */
export function mutated(random: Random, value: unknown): unknown {
  let result = structuredClone(value);
  for (let changes = 1 + random.below(3); changes > 0; changes -= 1) {
    result = mutateAt(random, result);
  }
  return result;
}

function mutateAt(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.15)) {
    return randomValue(random, 3);
  }
  if (Array.isArray(value)) {
    const at = random.below(value.length + 1);
    const items: unknown[] = value;
    return random.chance(0.3)
      ? [...items, items[at] ?? randomValue(random, 2)]
      : items.map((item, index) => (index === at ? mutateAt(random, item) : item));
  }
  const entries = Object.entries(value);
  const at = random.below(entries.length + 1);
  const change = random.next();
  if (at === entries.length || change < 0.1) {
    return Object.fromEntries([...entries, [randomName(random), randomValue(random, 2)]]);
  }
  return change < 0.2
    ? Object.fromEntries(entries.filter((_, index) => index !== at))
    : Object.fromEntries(
        entries.map(([name, item], index) => [name, index === at ? mutateAt(random, item) : item]),
      );
}

function randomValue(random: Random, depth: number): unknown {
  const kind = random.below(depth > 0 ? 8 : 5);
  switch (kind) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.of(NUMBERS);
    case 3:
    case 4:
      return random.of(TEXTS);
    case 5:
      return Array.from({ length: random.below(4) }, () => randomValue(random, depth - 1));
    case 6:
      return Array.from({ length: 40 }).reduce<unknown>((inner) => ({ inner }), 1);
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [randomName(random), randomValue(random, depth - 1)]),
      );
  }
}

function randomName(random: Random): string {
  return random.chance(0.5) ? random.of(NAMES) : random.of(TEXTS);
}

/** JSON text with some bytes changed, cut off, or said twice. */
export function garbled(random: Random, text: Buffer): Buffer {
  const at = random.below(text.length);
  switch (random.below(3)) {
    case 0:
      return text.subarray(0, at);
    case 1:
      return Buffer.concat([text.subarray(0, at), text.subarray(random.below(text.length))]);
    default:
      text[at] = random.below(256);
      return text;
  }
}

function randomPath(random: Random, ids: readonly [string, ...string[]]): string {
  const segments = Array.from({ length: 1 + random.below(4) }, () =>
    random.chance(0.7) ? random.of([...SEGMENTS, random.of(ids)]) : random.of(ODD_SEGMENTS),
  );
  const base = random.of(BASES);
  return `${base}/${segments.join('/')}${random.of(QUERIES)}`;
}
