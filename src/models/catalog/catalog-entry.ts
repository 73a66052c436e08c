import { fullModelName, parseModelName } from '../../ollama/model-name';
import { type CatalogEntry } from './model-catalog.entity';

const MAX_NAME = 200;
const MAX_TEXT = 5_000;

type Fields = Readonly<Record<string, unknown>>;

/** What is left of a list of entries that somebody else wrote. */
export interface ReadCatalog {
  readonly models: CatalogEntry[];
  /** Entries that are no catalog entries, or tell of a variant twice. */
  readonly dropped: number;
}

/** Reads a list entry by entry: a bad one costs itself only. */
export function readCatalog(list: readonly unknown[]): ReadCatalog {
  const byTag = new Map<string, CatalogEntry>();
  for (const value of list) {
    const entry = readCatalogEntry(value);
    if (entry && !byTag.has(fullModelName(entry.tag))) {
      byTag.set(fullModelName(entry.tag), entry);
    }
  }
  return { models: inCatalogOrder([...byTag.values()]), dropped: list.length - byTag.size };
}

/** Most pulled first, then by name. */
export function inCatalogOrder(models: readonly CatalogEntry[]): CatalogEntry[] {
  return models.toSorted(
    (a, b) => b.pull_count - a.pull_count || compare(a.name, b.name) || compare(a.tag, b.tag),
  );
}

/** One entry of a catalog (wire-contract §10); null when it is none, or holds a field of a wrong type. */
export function readCatalogEntry(value: unknown): CatalogEntry | null {
  if (typeof value !== 'object' || value === null) {
    return null;
  }
  const fields = value as Fields;
  const { name, tag } = fields;
  if (!isText(name, MAX_NAME) || typeof tag !== 'string' || !parseModelName(tag)) {
    return null;
  }
  const family = readText(fields['family'], MAX_NAME);
  const quant = readText(fields['quant'], MAX_NAME);
  const description = readText(fields['description'], MAX_TEXT);
  const notes = readText(fields['notes'], MAX_TEXT);
  const size = readCount(fields['size']);
  const pulls = readCount(fields['pull_count'] ?? fields['pullCount']);
  const isWrong = [family, quant, description, notes, size, pulls].includes(undefined);
  return isWrong
    ? null
    : {
        name,
        tag,
        size: size ?? null,
        family: family ?? null,
        quant: quant ?? null,
        description: description ?? null,
        notes: notes ?? null,
        pull_count: pulls ?? 0,
      };
}

function isText(value: unknown, maxLength: number): value is string {
  return (
    typeof value === 'string' &&
    value.trim() !== '' &&
    value.length <= maxLength &&
    value.isWellFormed() &&
    !value.includes('\0')
  );
}

/** Null when it is not there; undefined when it is no such text. */
function readText(value: unknown, maxLength: number): string | null | undefined {
  if (value === undefined || value === null || value === '') {
    return null;
  }
  return isText(value, maxLength) ? value : undefined;
}

function readCount(value: unknown): number | null | undefined {
  if (value === undefined || value === null) {
    return null;
  }
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
