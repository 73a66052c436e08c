import { type FieldProblem } from '../errors/domain-error';
import { nearestName } from './nearest-name';

/** Where a value stands: `body`, `query`, `path` or `header`, then names of fields and positions in lists. */
export type Loc = readonly (string | number)[];

/** Most problems that one answer names. */
export const MAX_PROBLEMS = 100;

const MAX_TEXT = 200;
const MAX_NESTED_TEXT = 50;
const MAX_ENTRIES = 5;
const MAX_LEVELS = 2;

/** A required field that is not there; `parent` is the object around it. */
export function missing(loc: Loc, parent: unknown): FieldProblem {
  return problem('missing', loc, 'Field required', parent);
}

/** A text that is longer than a setting allows. */
export function tooLong(loc: Loc, maxLength: number, input: unknown): FieldProblem {
  return problem(
    'string_too_long',
    loc,
    `String should have at most ${maxLength} ${plural(maxLength, 'character')}`,
    input,
    {
      max_length: maxLength,
    },
  );
}

/** A list with more items than a setting allows. */
export function tooMany(loc: Loc, maxLength: number, input: readonly unknown[]): FieldProblem {
  return problem(
    'too_long',
    loc,
    `List should have at most ${maxLength} ${plural(maxLength, 'item')} after validation, not ${input.length}`,
    input,
    { field_type: 'List', max_length: maxLength, actual_length: input.length },
  );
}

/** A number above what a setting allows. */
export function tooLarge(loc: Loc, max: number, input: unknown): FieldProblem {
  return problem('less_than_equal', loc, `Input should be less than or equal to ${max}`, input, { le: max });
}

/** A value that breaks a rule which has no name of its own; `reason` reads on from "must", for example "must not be blank". */
export function wrongValue(loc: Loc, reason: string, input: unknown): FieldProblem {
  return problem('value_error', loc, `Value error, ${reason}`, input);
}

/** A field that is not known, with the known one that was most likely meant. */
export function unknownField(name: string, value: unknown, known: readonly string[], loc: Loc): FieldProblem {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? `known fields: ${known.join(', ')}` : `did you mean '${nearest}'?`;
  const shown = name.length > 50 ? `${name.slice(0, 50).toWellFormed()}…` : name;
  return problem('extra_forbidden', [...loc, name], `unknown field '${shown}'; ${hint}`, value);
}

/** Text that is no JSON; `reason` is what the parser says. */
export function jsonInvalid(loc: Loc, reason: string): FieldProblem {
  return problem('json_invalid', loc, 'JSON decode error', {}, { error: reason.slice(0, MAX_TEXT) });
}

/** One wrong field; the input is shortened so that an answer stays small whatever was sent. */
export function problem(
  type: string,
  loc: Loc,
  msg: string,
  input: unknown,
  ctx?: Readonly<Record<string, unknown>>,
): FieldProblem {
  return {
    type,
    loc: loc.map((part) => (typeof part === 'string' ? cut(part, MAX_TEXT) : part)),
    msg,
    input: shorten(input),
    ...(ctx === undefined ? {} : { ctx }),
  };
}

/** `3 items`, `1 item`. */
export function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`;
}

function shorten(value: unknown, level = 0): unknown {
  if (typeof value === 'string') {
    return cut(value, level === 0 ? MAX_TEXT : MAX_NESTED_TEXT);
  }
  if (Array.isArray(value)) {
    const kept = level >= MAX_LEVELS ? 0 : MAX_ENTRIES;
    const items = value.slice(0, kept).map((item) => shorten(item, level + 1));
    return value.length > kept ? [...items, `… ${value.length - kept} more`] : items;
  }
  if (typeof value === 'object' && value !== null) {
    const fields: [string, unknown][] = Object.entries(value);
    const kept = level >= MAX_LEVELS ? 0 : MAX_ENTRIES;
    const shown = fields
      .slice(0, kept)
      .map(([name, entry]) => [cut(name, MAX_NESTED_TEXT), shorten(entry, level + 1)]);
    return Object.fromEntries(
      fields.length > kept ? [...shown, ['…', `${fields.length - kept} more`]] : shown,
    );
  }
  return value ?? null;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).toWellFormed()}…` : text;
}
