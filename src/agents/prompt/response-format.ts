import { type Schema, Validator } from '@cfworker/json-schema';
import { isPlainObject } from '../../common/validation/unsafe-values';
import { SchemaFault, SchemaReader } from './schema-reader';

/** A JSON schema that can be checked against, and asked for. */
export interface ResponseFormat {
  /** As it was given; Ollama gets it. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** What is wrong with an answer, in a sentence; null = nothing. */
  readonly check: (answer: unknown) => string | null;
}

const MAX_SCHEMA_CHARACTERS = 100 * 1024;
const MAX_ANSWER_DEPTH = 64;
/** Steps of a check at most: parts of the schema times values of the answer. */
const MAX_STEPS = 5_000_000;
/** Items of a list, where items are to be unique: each is compared with each. */
const MAX_UNIQUE_ITEMS = 1_000;

const MAX_PROBLEM_CHARACTERS = 300;

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
  if (!isPlainObject(given)) {
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
