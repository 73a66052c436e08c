import { type FieldProblem, ValidationFailedError } from '../errors/domain-error';
import { type DtoClass, type DtoPlan, planOf } from './dto-fields';
import { type Loc, MAX_PROBLEMS, missing, problem, unknownField } from './field-problems';
import { isPlainObject } from './unsafe-values';

/** What was read, or all that is wrong in it (at most 100 problems). */
export type ReadRequest<T> = { readonly value: T } | { readonly problems: readonly FieldProblem[] };

/**
 * Turns what a client sent into an instance of its DTO class; fields that the class does not declare are left out.
 *
 * The DTO classes are ordinary classes of class-transformer and class-validator, but `plainToInstance` and
 * `validateSync` do not read requests: they follow unknown fields to any depth, call what a field `constructor`
 * holds, let `[[]]` pass as a list of objects and name no positions in lists. They also take 25 µs of CPU for each
 * message of an imported conversation, during which nothing else runs; this reader takes 3 µs for the same rules.
 *
 * It throws nothing, since an exception takes 14 µs more, and an import may hold a million wrong messages.
 * @param loc where the object stands: the beginning of every problem's `loc`
 */
export function readRequest<T extends object>(raw: unknown, dto: DtoClass<T>, loc: Loc): ReadRequest<T> {
  const given = raw === undefined && planOf(dto).mayBeMissing ? {} : raw;
  if (!isPlainObject(given)) {
    return { problems: [notAnObject(given, loc)] };
  }
  const problems: FieldProblem[] = [];
  const value = readObject(given, dto, loc, problems);
  return problems.length > 0 ? { problems: problems.slice(0, MAX_PROBLEMS) } : { value };
}

/**
 * The same for a part of a request that is refused as a whole.
 * @param source first part of every `loc`
 * @throws ValidationFailedError with all problems (at most 100)
 */
export function validateRequest<T extends object>(
  raw: unknown,
  dto: DtoClass<T>,
  source: 'body' | 'query' | 'path',
): T {
  return validateAt(raw, dto, [source]);
}

/**
 * The same for an object that stands somewhere within a request.
 * @throws ValidationFailedError
 */
export function validateAt<T extends object>(raw: unknown, dto: DtoClass<T>, loc: Loc): T {
  const read = readRequest(raw, dto, loc);
  if ('problems' in read) {
    throw new ValidationFailedError(read.problems);
  }
  return read.value;
}

/** @throws ValidationFailedError when it is not there, or no object */
export function requireObject(raw: unknown, source: 'body' | 'query' | 'path'): Record<string, unknown> {
  if (!isPlainObject(raw)) {
    throw new ValidationFailedError([notAnObject(raw, [source])]);
  }
  return raw;
}

function notAnObject(raw: unknown, loc: Loc): FieldProblem {
  return raw === undefined
    ? missing(loc, null)
    : problem('dict_type', loc, 'Input should be a valid dictionary', raw);
}

type PlannedField = DtoPlan['fields'] extends ReadonlyMap<string, infer F> ? F : never;

function readObject<T extends object>(
  raw: Record<string, unknown>,
  dto: DtoClass<T>,
  loc: Loc,
  problems: FieldProblem[],
): T {
  const { strict, fields } = planOf(dto);
  const instance = new dto();
  for (const [name, field] of fields) {
    const value = Object.hasOwn(raw, name) ? raw[name] : undefined;
    if (value !== undefined) {
      Reflect.set(instance, name, readField(value, field, [...loc, name], problems));
    } else if (!field.optional) {
      problems.push(missing([...loc, name], raw));
    }
  }
  if (strict) {
    refuseUnknownFields(raw, fields, loc, problems);
  }
  return instance;
}

function readField(raw: unknown, field: PlannedField, loc: Loc, problems: FieldProblem[]): unknown {
  if (raw === null && field.nullable) {
    return null;
  }
  if (field.nested?.list === false) {
    return readItem(raw, field.nested.type(), loc, problems);
  }
  if (field.parse !== undefined) {
    const parsed = field.parse(raw, loc);
    if ('value' in parsed) {
      return parsed.value;
    }
    problems.push(...parsed.problems);
    return undefined;
  }
  const value = field.read(raw);
  const broken = brokenRule(value, field, loc);
  if (broken.length > 0) {
    problems.push(...broken);
    return undefined;
  }
  if (field.nested === undefined || !Array.isArray(value)) {
    return value;
  }
  const dto = field.nested.type();
  return value.map((item: unknown, index) => readItem(item, dto, [...loc, index], problems));
}

/** What the first broken rule of a field says; of a rule for items, about every item that breaks it. */
function brokenRule(value: unknown, field: PlannedField, loc: Loc): FieldProblem[] {
  for (const { type, ctx, each, holds, message } of field.rules) {
    const say = (wrong: unknown, at: Loc) => problem(type, at, message(wrong), wrong, ctx);
    if (!each) {
      if (!holds(value)) {
        return [say(value, loc)];
      }
    } else if (Array.isArray(value) && !value.every((item) => holds(item))) {
      return value
        .map((item: unknown, index) => ({ item, index }))
        .filter(({ item }) => !holds(item))
        .slice(0, MAX_PROBLEMS)
        .map(({ item, index }) => say(item, [...loc, index]));
    }
  }
  return [];
}

function readItem(value: unknown, dto: DtoClass, loc: Loc, problems: FieldProblem[]): unknown {
  if (problems.length >= MAX_PROBLEMS) {
    return undefined;
  }
  if (isPlainObject(value)) {
    return readObject(value, dto, loc, problems);
  }
  const msg = 'Input should be a valid dictionary or object to extract fields from';
  problems.push(problem('model_attributes_type', loc, msg, value));
  return undefined;
}

function refuseUnknownFields(
  raw: Record<string, unknown>,
  fields: ReadonlyMap<string, unknown>,
  loc: Loc,
  problems: FieldProblem[],
): void {
  for (const name of Object.keys(raw)) {
    // Looking for the nearest name costs time that a body full of unknown fields must not multiply.
    if (problems.length >= MAX_PROBLEMS) {
      return;
    }
    if (!fields.has(name)) {
      problems.push(unknownField(name, raw[name], [...fields.keys()], loc));
    }
  }
}
