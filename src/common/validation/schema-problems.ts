import { type z } from 'zod';
import { type FieldProblem } from '../errors/domain-error';
import { type Loc, MAX_PROBLEMS, missing, plural, problem, unknownField, wrongValue } from './field-problems';
import { isPlainObject } from './unsafe-values';

type Issue = z.core.$ZodIssue;
type UnionIssue = Extract<Issue, { code: 'invalid_union' }>;

/** Values in one field, objects and lists included; reading takes microseconds for each. */
const MAX_VALUES = 50_000;

/** What a wrong value of each kind is told, as pydantic words it. */
const KINDS: Readonly<Record<string, { readonly type: string; readonly what: string }>> = {
  string: { type: 'string_type', what: 'a valid string' },
  number: { type: 'float_type', what: 'a valid number' },
  int: { type: 'int_type', what: 'a valid integer' },
  boolean: { type: 'bool_type', what: 'a valid boolean' },
  array: { type: 'list_type', what: 'a valid list' },
  object: { type: 'dict_type', what: 'a valid dictionary' },
  record: { type: 'dict_type', what: 'a valid dictionary' },
  null: { type: 'none_required', what: 'None' },
};

/**
 * Reads a value by a zod schema. Its problems are told in the words of all other fields; of the alternatives of a union
 * the one counts that was most likely meant.
 */
export function readBySchema<T>(
  schema: z.ZodType<T>,
  raw: unknown,
  loc: Loc,
): { readonly value: T } | { readonly problems: readonly FieldProblem[] } {
  if (countValues(raw) > MAX_VALUES) {
    return { problems: [wrongValue(loc, `must not hold more than ${MAX_VALUES} values`, raw)] };
  }
  const result = schema.safeParse(raw, { error: knownFields });
  if (result.success) {
    return { value: result.data };
  }
  const problems: FieldProblem[] = [];
  addProblems(result.error.issues, raw, loc, problems);
  return { problems };
}

/** An issue does not say which fields its object has; only this function is shown the schema. They become its message. */
const knownFields: z.core.$ZodErrorMap = (issue) => {
  const def: unknown = issue.code === 'unrecognized_keys' ? issue.inst?._zod.def : undefined;
  return typeof def === 'object' && def !== null && 'shape' in def && isPlainObject(def.shape)
    ? Object.keys(def.shape).join(' ')
    : undefined;
};

function fieldsOf(issue: Extract<Issue, { code: 'unrecognized_keys' }>): string[] {
  return issue.message.split(' ');
}

/** Counts without recursion and no further than it has to. */
function countValues(root: unknown): number {
  const waiting: unknown[] = [root];
  let count = 0;
  for (let value = waiting.pop(); value !== undefined && count <= MAX_VALUES; value = waiting.pop()) {
    count += 1;
    if (typeof value === 'object' && value !== null) {
      const inner: unknown[] = Array.isArray(value) ? value : Object.values(value);
      if (count + inner.length > MAX_VALUES) {
        return count + inner.length;
      }
      for (const item of inner) {
        waiting.push(item);
      }
    }
  }
  return count;
}

function addProblems(issues: readonly Issue[], raw: unknown, loc: Loc, problems: FieldProblem[]): void {
  for (const issue of issues) {
    if (problems.length >= MAX_PROBLEMS) {
      return;
    }
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    const at = [...loc, ...path];
    const value = valueAt(raw, path);
    if (value === undefined && issue.code !== 'invalid_key') {
      problems.push(missing(at, valueAt(raw, path.slice(0, -1))));
    } else if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys.slice(0, MAX_PROBLEMS)) {
        problems.push(unknownField(key, valueAt(value, [key]), fieldsOf(issue), at));
      }
    } else if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      addUnionProblems(issue, value, at, problems);
    } else if (issue.code === 'invalid_key') {
      addProblems(issue.issues, path.at(-1), at, problems);
    } else {
      problems.push(plainProblem(issue, value, at));
    }
  }
}

function plainProblem(issue: Issue, value: unknown, loc: Loc): FieldProblem {
  switch (issue.code) {
    case 'invalid_type':
      return wrongKind([issue.expected], value, loc);
    case 'invalid_union':
      return literal(issue.inclusive === false ? [] : (issue.options ?? []), value, loc);
    case 'invalid_value':
      return literal(issue.values, value, loc);
    case 'too_small':
      return limit('small', issue.origin, Number(issue.minimum), value, loc);
    case 'too_big':
      return limit('big', issue.origin, Number(issue.maximum), value, loc);
    default:
      return wrongValue(loc, issue.message, value);
  }
}

function wrongKind(expected: readonly string[], value: unknown, loc: Loc): FieldProblem {
  const [only = ''] = expected;
  if (only === 'int' && typeof value === 'number') {
    const msg = 'Input should be a valid integer, got a number with a fractional part';
    return problem('int_from_float', loc, msg, value);
  }
  const what = enumerate(expected.map((kind) => KINDS[kind]?.what ?? kind));
  const type = expected.length === 1 ? KINDS[only]?.type : undefined;
  return problem(type ?? 'value_error', loc, `Input should be ${what}`, value);
}

function literal(values: readonly unknown[], value: unknown, loc: Loc): FieldProblem {
  const expected = enumerate(
    values.map((known) => (typeof known === 'string' ? `'${known}'` : String(known))),
  );
  return problem('literal_error', loc, `Input should be ${expected}`, value, { expected });
}

function limit(side: 'small' | 'big', origin: string, bound: number, value: unknown, loc: Loc): FieldProblem {
  const isSmall = side === 'small';
  const at = `at ${isSmall ? 'least' : 'most'} ${bound}`;
  const name = isSmall ? 'min_length' : 'max_length';
  if (origin === 'string') {
    const type = isSmall ? 'string_too_short' : 'string_too_long';
    const msg = `String should have ${at} ${plural(bound, 'character')}`;
    return problem(type, loc, msg, value, { [name]: bound });
  }
  if (Array.isArray(value)) {
    const msg = `List should have ${at} ${plural(bound, 'item')} after validation, not ${value.length}`;
    return problem(isSmall ? 'too_short' : 'too_long', loc, msg, value, {
      field_type: 'List',
      [name]: bound,
    });
  }
  return isSmall
    ? problem('greater_than_equal', loc, `Input should be greater than or equal to ${bound}`, value, {
        ge: bound,
      })
    : problem('less_than_equal', loc, `Input should be less than or equal to ${bound}`, value, { le: bound });
}

/** One alternative of a union, seen by what is wrong with it. */
interface Alternative {
  readonly issues: readonly Issue[];
  /** Fields of the object that the alternative knows, less those that it does not know or misses. */
  readonly fit: number;
  /** Whether the object has any field of it. */
  readonly hasKnown: boolean;
  /** Fields that it is known to have. */
  readonly known: readonly string[];
}

function addUnionProblems({ errors }: UnionIssue, value: unknown, loc: Loc, problems: FieldProblem[]): void {
  const kindOf = (issues: readonly Issue[]) =>
    issues.find((issue) => issue.code === 'invalid_type' && issue.path.length === 0);
  const possible = errors.filter((issues) => kindOf(issues) === undefined);
  if (possible.length === 0) {
    const kinds = errors
      .map(kindOf)
      .flatMap((issue) => (issue?.code === 'invalid_type' ? [issue.expected] : []));
    problems.push(wrongKind([...new Set(kinds)], value, loc));
    return;
  }
  if (!isPlainObject(value)) {
    addProblems(possible[0] ?? [], value, loc, problems);
    return;
  }
  const alternatives = possible.map((issues) => alternative(issues, value));
  const meant = alternatives.reduce((best, next) => (next.fit > best.fit ? next : best));
  const keys = Object.keys(value);
  if (meant.hasKnown || keys.length === 0) {
    addProblems(meant.issues, value, loc, problems);
    return;
  }
  const known = [...new Set(alternatives.flatMap((one) => one.known))];
  for (const key of keys.slice(0, MAX_PROBLEMS)) {
    problems.push(unknownField(key, value[key], known, loc));
  }
}

function alternative(issues: readonly Issue[], value: Record<string, unknown>): Alternative {
  const unknown = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' && isHere(issue) ? issue.keys : [],
  );
  const listed = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' && isHere(issue) ? fieldsOf(issue) : [],
  );
  const absent = issues.flatMap(({ path: [first, ...rest] }) =>
    typeof first === 'string' && rest.length === 0 && !Object.hasOwn(value, first) ? [first] : [],
  );
  // Without its `type` nothing is known of the fields of a team; the others then count neither way.
  const isOpen = issues.some((issue) => issue.code === 'invalid_union' && issue.errors.length === 0);
  const found = isOpen ? (absent.length === 0 ? 1 : 0) : Object.keys(value).length - unknown.length;
  return {
    issues,
    fit: found - unknown.length - absent.length,
    hasKnown: found > 0,
    known: [...listed, ...absent],
  };
}

function isHere({ path }: Issue): boolean {
  return path.length === 0;
}

/** Reads own fields only: `constructor` is no value that a client sent. */
function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string | number, unknown>)[part]
        : undefined,
    root,
  );
}

function enumerate(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} or ${parts.at(-1)}`;
}
