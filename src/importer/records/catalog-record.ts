import { type CatalogEntry } from '../../models/catalog/model-catalog.entity';
import { type SourceObject } from '../source/source-object';
import { Unusable } from '../unusable';

const MAX_TEXT_CHARACTERS = 10_000;

/** The catalog of the old server, as it is to be stored. There is one at most. */
export interface CatalogRecord {
  readonly id: '1';
  readonly title: null;
  readonly models: readonly CatalogEntry[];
  /** ISO 8601, UTC. */
  readonly updatedAt: string;
}

/** One variant of a model. @throws Unusable */
export function readCatalogEntry(fields: SourceObject): CatalogEntry {
  return {
    name: required(fields, 'name'),
    tag: required(fields, 'tag'),
    size: fields.countOrNull('size'),
    family: optional(fields, 'family'),
    quant: optional(fields, 'quant'),
    description: optional(fields, 'description'),
    notes: optional(fields, 'notes'),
    pull_count: fields.countOrNull('pull_count') ?? 0,
  };
}

/** Most pulled first, then by name. */
export function inCatalogOrder(entries: readonly CatalogEntry[]): CatalogEntry[] {
  return entries.toSorted(
    (a, b) => b.pull_count - a.pull_count || compare(a.name, b.name) || compare(a.tag, b.tag),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function required(fields: SourceObject, name: string): string {
  const text = optional(fields, name);
  if (text === null) {
    throw new Unusable(fields.place(name), 'is missing');
  }
  return text;
}

function optional(fields: SourceObject, name: string): string | null {
  const text = fields.wordsOrNull(name);
  if (text !== null && text.length > MAX_TEXT_CHARACTERS) {
    throw new Unusable(fields.place(name), `has more than ${MAX_TEXT_CHARACTERS} characters`);
  }
  return text;
}
