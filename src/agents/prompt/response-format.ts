import { type Schema, Validator } from '@cfworker/json-schema';

/** A JSON schema that can be checked against, and asked for. */
export interface ResponseFormat {
  /** As it was given; Ollama gets it. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** What is wrong with an answer, in a sentence; null = nothing. */
  readonly check: (answer: unknown) => string | null;
}

const MAX_SCHEMA_CHARACTERS = 100 * 1024;
/** Levels of a schema, references followed. */
const MAX_SCHEMA_DEPTH = 24;
/** Parts of a schema, references followed and values of enumerations counted. */
const MAX_SCHEMA_PARTS = 5_000;
/** Characters of values to choose from that count as a part. */
const CHARACTERS_PER_PART = 16;

const MAX_ANSWER_DEPTH = 64;
/** Steps of a check at most: parts of the schema times values of the answer. */
const MAX_STEPS = 5_000_000;
/** Items of a list, where items are to be unique: each is compared with each. */
const MAX_UNIQUE_ITEMS = 1_000;

const MAX_PROBLEM_CHARACTERS = 300;

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
class SchemaFault extends Error {}

/** What is wrong with a schema that answers of an agent are to fit; null = nothing. */
export function checkResponseFormat(schema: unknown): string | null {
  try {
    readFormat(schema);
    return null;
  } catch (error) {
    if (error instanceof SchemaFault) {
      return error.message;
    }
    throw error;
  }
}

/** Makes a schema ready for use. @throws Error when `checkResponseFormat` finds a fault */
export function readFormat(given: unknown): ResponseFormat {
  if (!isObject(given)) {
    throw new SchemaFault('a JSON schema is an object');
  }
  if (JSON.stringify(given).length > MAX_SCHEMA_CHARACTERS) {
    throw new SchemaFault(`a schema has at most ${MAX_SCHEMA_CHARACTERS} characters`);
  }
  if (given['type'] !== 'object') {
    throw new SchemaFault('at /: "type" must be "object"');
  }
  const reader = new SchemaReader(given);
  const validator = new Validator(reader.read() as Schema, '2020-12');
  return { schema: given, check: (answer) => sizeProblem(answer, reader) ?? problemOf(validator, answer) };
}

/** Copies what decides of a schema, with all references replaced by what they refer to. */
class SchemaReader {
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
    if (!isObject(given)) {
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
        ensure(isObject(value), at, 'an object of schemas');
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
        ensure(isObject(value) && Object.values(value).every(isTextList), at, 'an object of lists of names');
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

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFinite(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Refuses an answer whose check would take too long, or that cannot be stored. Walks without recursion. */
function sizeProblem(answer: unknown, { parts, hasUniqueItems }: SchemaReader): string | null {
  let values = 0;
  const waiting = [{ value: answer, depth: 1 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, depth } = next;
    values += 1;
    if (values * parts > MAX_STEPS) {
      return 'The answer is too long to be checked.';
    }
    if (typeof value === 'object' && value !== null) {
      const items: unknown[] = Object.values(value);
      if (depth >= MAX_ANSWER_DEPTH) {
        return 'The answer is nested too deep.';
      }
      if (hasUniqueItems && Array.isArray(value) && items.length > MAX_UNIQUE_ITEMS) {
        return `A list of the answer has more than ${MAX_UNIQUE_ITEMS} items.`;
      }
      for (const item of items) {
        waiting.push({ value: item, depth: depth + 1 });
      }
    }
  }
  return null;
}

/** The innermost fault of the first part that is wrong. */
function problemOf(validator: Validator, answer: unknown): string | null {
  const { valid, errors } = validator.validate(answer);
  const last = errors.at(-1);
  if (valid || last === undefined) {
    return valid ? null : 'The answer does not fit the schema.';
  }
  const text = `At ${last.instanceLocation.slice(1) || '/'}: ${last.error}`;
  return text.length > MAX_PROBLEM_CHARACTERS
    ? `${text.slice(0, MAX_PROBLEM_CHARACTERS).toWellFormed()}…`
    : text;
}
