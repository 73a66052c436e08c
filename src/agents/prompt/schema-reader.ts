import { isPlainObject } from '../../common/validation/unsafe-values';

/** Levels of a schema, references followed. */
const MAX_SCHEMA_DEPTH = 24;
/** Parts of a schema, references followed and values of enumerations counted. */
const MAX_SCHEMA_PARTS = 5_000;
/** Characters of values to choose from that count as a part. */
const CHARACTERS_PER_PART = 16;

const TYPES: ReadonlySet<unknown> = new Set([
  'object',
  'array',
  'string',
  'number',
  'integer',
  'boolean',
  'null',
]);

/** Keywords that would decide, but are not followed here: patterns because of their cost, the rest because hardly anybody needs them. */
const REFUSED: ReadonlySet<string> = new Set([
  'pattern',
  'patternProperties',
  'dependencies',
  'dependentSchemas',
  'unevaluatedProperties',
  'unevaluatedItems',
  'additionalItems',
  '$dynamicRef',
  '$recursiveRef',
]);

type Kind =
  | 'schema'
  | 'list'
  | 'map'
  | 'count'
  | 'number'
  | 'step'
  | 'names'
  | 'nameMap'
  | 'values'
  | 'type'
  | 'flag'
  | 'any';

/** Keywords that decide. All others describe (`title`, `format`, …) and are passed over, as the standard has it. */
const KEYWORDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['type', 'type'],
  ['enum', 'values'],
  ['const', 'any'],
  ['properties', 'map'],
  ['required', 'names'],
  ['dependentRequired', 'nameMap'],
  ['additionalProperties', 'schema'],
  ['propertyNames', 'schema'],
  ['minProperties', 'count'],
  ['maxProperties', 'count'],
  ['items', 'schema'],
  ['prefixItems', 'list'],
  ['contains', 'schema'],
  ['minContains', 'count'],
  ['maxContains', 'count'],
  ['minItems', 'count'],
  ['maxItems', 'count'],
  ['uniqueItems', 'flag'],
  ['minimum', 'number'],
  ['maximum', 'number'],
  ['exclusiveMinimum', 'number'],
  ['exclusiveMaximum', 'number'],
  ['multipleOf', 'step'],
  ['minLength', 'count'],
  ['maxLength', 'count'],
  ['anyOf', 'list'],
  ['oneOf', 'list'],
  ['allOf', 'list'],
  ['not', 'schema'],
  ['if', 'schema'],
  ['then', 'schema'],
  ['else', 'schema'],
]);

/** What is wrong with a schema; its message says where. */
export class SchemaFault extends Error {}

/** Copies what decides of a schema, with all references replaced by what they refer to. */
export class SchemaReader {
  parts = 0;
  hasUniqueItems = false;
  /** Schemas that are being read: a reference to one of them would never end. */
  private readonly open = new Set<unknown>();

  constructor(private readonly root: Readonly<Record<string, unknown>>) {}

  read(): unknown {
    return this.schema(this.root, '');
  }

  private schema(given: unknown, path: string): unknown {
    if (typeof given === 'boolean') {
      return given;
    }
    if (!isPlainObject(given)) {
      throw fault(path, 'must be a schema: an object, true or false');
    }
    if (this.open.has(given)) {
      throw fault(path, 'a schema that contains itself is not supported');
    }
    if (this.open.size >= MAX_SCHEMA_DEPTH) {
      throw fault(path, `a schema has at most ${MAX_SCHEMA_DEPTH} levels`);
    }
    this.count(1);
    this.open.add(given);
    const read = this.keywords(given, path);
    this.open.delete(given);
    return read;
  }

  private keywords(given: Readonly<Record<string, unknown>>, path: string): Record<string, unknown> {
    const read: Record<string, unknown> = {};
    for (const [keyword, value] of Object.entries(given)) {
      const at = `${path}/${keyword}`;
      if (REFUSED.has(keyword)) {
        throw fault(at, `"${keyword}" is not supported`);
      }
      const kind = KEYWORDS.get(keyword);
      if (kind !== undefined) {
        read[keyword] = this.value(kind, value, at);
      }
    }
    if ('$ref' in given) {
      const also = Array.isArray(read['allOf']) ? (read['allOf'] as unknown[]) : [];
      read['allOf'] = [...also, this.schema(this.target(given['$ref'], `${path}/$ref`), `${path}/$ref`)];
    }
    this.hasUniqueItems ||= read['uniqueItems'] === true;
    return read;
  }

  private value(kind: Kind, value: unknown, at: string): unknown {
    switch (kind) {
      case 'schema':
        return this.schema(value, at);
      case 'list':
        ensure(Array.isArray(value) && value.length > 0, at, 'a list of schemas');
        return value.map((item: unknown, index) => this.schema(item, `${at}/${index}`));
      case 'map': {
        ensure(isPlainObject(value), at, 'an object of schemas');
        const entries = Object.entries(value);
        return Object.fromEntries(entries.map(([name, item]) => [name, this.schema(item, `${at}/${name}`)]));
      }
      case 'count':
        ensure(isFinite(value) && Number.isInteger(value) && value >= 0, at, 'a whole number from 0');
        return value;
      case 'number':
        ensure(isFinite(value), at, 'a number');
        return value;
      case 'step':
        ensure(isFinite(value) && value > 0, at, 'a number above 0');
        return value;
      case 'names':
        ensure(isTextList(value), at, 'a list of names');
        this.count(value.length);
        return value;
      case 'nameMap':
        ensure(
          isPlainObject(value) && Object.values(value).every(isTextList),
          at,
          'an object of lists of names',
        );
        this.count(JSON.stringify(value).length / CHARACTERS_PER_PART);
        return value;
      case 'values':
        ensure(Array.isArray(value) && value.length > 0, at, 'a list of values');
        this.count(JSON.stringify(value).length / CHARACTERS_PER_PART);
        return value;
      case 'type': {
        const types: unknown[] = Array.isArray(value) ? value : [value];
        const isRight = types.length > 0 && types.every((type) => TYPES.has(type));
        ensure(isRight, at, `one of ${[...TYPES].join(', ')}, or a list of these`);
        return value;
      }
      case 'flag':
        ensure(typeof value === 'boolean', at, 'true or false');
        return value;
      case 'any':
        this.count(JSON.stringify(value).length / CHARACTERS_PER_PART);
        return value;
    }
  }

  /** Only what is in the schema itself can be referred to, by its JSON pointer. */
  private target(reference: unknown, at: string): unknown {
    if (typeof reference !== 'string' || !/^#(\/|$)/.test(reference)) {
      throw fault(at, 'must refer to a part of this schema, such as "#/$defs/name"');
    }
    let target: unknown = this.root;
    for (const step of reference.split('/').slice(1)) {
      const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof target !== 'object' || target === null || !Object.hasOwn(target, name)) {
        throw fault(at, `"${reference}" is not there`);
      }
      target = (target as Readonly<Record<string, unknown>>)[name];
    }
    return target;
  }

  private count(parts: number): void {
    this.parts += Math.ceil(parts);
    if (this.parts > MAX_SCHEMA_PARTS) {
      throw new SchemaFault(`a schema has at most ${MAX_SCHEMA_PARTS} parts, each reference counted`);
    }
  }
}

function fault(path: string, what: string): SchemaFault {
  const shown = path.length > 200 ? `${path.slice(0, 200).toWellFormed()}…` : path;
  return new SchemaFault(`at ${shown === '' ? '/' : shown}: ${what}`);
}

function ensure(isRight: boolean, at: string, wanted: string): asserts isRight {
  if (!isRight) {
    throw fault(at, `must be ${wanted}`);
  }
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

function isFinite(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
