import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { ValidateIf, ValidateNested } from 'class-validator';
import { type z } from 'zod';
import { declareField, type DtoClass, type DtoField } from './dto-fields';
import { type Loc, plural } from './field-problems';
import { isTime, readBoolean, readInteger, readNumber, readTime } from './lenient-values';
import { schemaReference } from './named-schemas';
import { type Fault, hasAtLeast, hasAtMost, rule } from './rules';
import { readBySchema } from './schema-problems';
import { isPlainObject } from './unsafe-values';

/**
 * Decorators for the fields of request DTOs. Each one reads the value leniently (class-transformer), checks it
 * (class-validator) and shows its limits in the API document. Problems are worded as pydantic does, since existing
 * clients know those; see wire-contract §1 and §1.3.
 */

/** Whether a field may be left out, or be null. A default is the initialiser: `iterations?: number = 1`. */
export interface Presence {
  readonly optional?: boolean;
  readonly nullable?: boolean;
}

export interface TextOptions extends Presence {
  /** Takes white space off both ends. */
  readonly trim?: boolean;
  /** Refuses a text of nothing but white space. */
  readonly nonBlank?: boolean;
  /** In characters, after trimming. */
  readonly minLength?: number;
  readonly maxLength?: number;
}

export interface RangeOptions extends Presence {
  readonly min?: number;
  readonly max?: number;
}

export interface ListOptions extends Presence {
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface TextListOptions extends ListOptions {
  /** In characters, of every text. */
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** A text. Numbers are not taken for texts. */
export function TextField(options: TextOptions = {}): PropertyDecorator {
  const { trim = false, nonBlank = false, minLength, maxLength } = options;
  return field(
    options,
    { type: 'string', minLength: minLength ?? (nonBlank ? 1 : undefined), maxLength },
    (value) => (trim && typeof value === 'string' ? value.trim() : value),
    [
      rule(STRING_TYPE, isText),
      ...when(
        nonBlank,
        rule(BLANK, (value) => isText(value) && value.trim() !== ''),
      ),
      ...lengthRules(minLength, maxLength),
    ],
  );
}

/** A whole number; `"3"` and `3.0` are taken as well. */
export function IntField(options: RangeOptions = {}): PropertyDecorator {
  return field(options, { type: 'integer', minimum: options.min, maximum: options.max }, readInteger, [
    rule({ type: 'int_type', msg: 'Input should be a valid integer' }, isTextOrNumber),
    rule(
      { type: 'int_parsing', msg: 'Input should be a valid integer, unable to parse string as an integer' },
      isNumber,
    ),
    rule(FINITE, Number.isFinite),
    rule(
      { type: 'int_from_float', msg: 'Input should be a valid integer, got a number with a fractional part' },
      Number.isInteger,
    ),
    ...rangeRules(options),
  ]);
}

/** A number; `"0.5"` is taken as well. */
export function FloatField(options: RangeOptions = {}): PropertyDecorator {
  return field(options, { type: 'number', minimum: options.min, maximum: options.max }, readNumber, [
    rule({ type: 'float_type', msg: 'Input should be a valid number' }, isTextOrNumber),
    rule(
      { type: 'float_parsing', msg: 'Input should be a valid number, unable to parse string as a number' },
      isNumber,
    ),
    rule(FINITE, Number.isFinite),
    ...rangeRules(options),
  ]);
}

/** A boolean; `"true"`, `1`, `"yes"`, `"on"` and their opposites are taken as well. */
export function BooleanField(options: Presence = {}): PropertyDecorator {
  return field(options, { type: 'boolean' }, readBoolean, [
    rule(
      { type: 'bool_type', msg: 'Input should be a valid boolean' },
      (value) => typeof value === 'boolean' || isTextOrNumber(value),
    ),
    rule(
      { type: 'bool_parsing', msg: 'Input should be a valid boolean, unable to interpret input' },
      (value) => typeof value === 'boolean',
    ),
  ]);
}

/** One of some words. */
export function ChoiceField(choices: readonly string[], options: Presence = {}): PropertyDecorator {
  const quoted = choices.map((choice) => `'${choice}'`);
  const expected =
    quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
  return field(options, { type: 'string', enum: [...choices] }, asIs, [
    rule(
      { type: 'literal_error', msg: `Input should be ${expected}`, ctx: { expected } },
      (value) => isText(value) && choices.includes(value),
    ),
  ]);
}

/** A time in ISO 8601, read as UTC with milliseconds; one without a zone is UTC. */
export function TimeField(options: Presence = {}): PropertyDecorator {
  return field(options, { type: 'string', format: 'date-time' }, readTime, [
    rule(STRING_TYPE, isText),
    rule({ type: 'datetime_parsing', msg: 'Input should be a valid time in ISO 8601' }, isTime),
  ]);
}

/**
 * A point in time as other programs write it: ISO 8601 takes the form in which times are stored, any other text stays as
 * it is, since existing clients only hand it on (wire-contract §1, "Timestamps").
 */
export function LooseTimeField(options: Presence = {}): PropertyDecorator {
  return field(options, { type: 'string', maxLength: MAX_TIME_CHARACTERS }, readTime, [
    rule(STRING_TYPE, isText),
    ...lengthRules(0, MAX_TIME_CHARACTERS),
  ]);
}

/** Any JSON object, kept as it is. Its depth and its texts have passed `findUnsafeValue`. */
export function JsonObjectField(options: Presence = {}): PropertyDecorator {
  return field(options, { type: 'object', additionalProperties: true }, asIs, [
    rule({ type: 'dict_type', msg: 'Input should be a valid dictionary' }, isPlainObject),
  ]);
}

/** A value of more than one type, with a check of its own; `api` is its schema in the API document. */
export function ValueField(
  isValid: (value: unknown) => boolean,
  msg: Fault['msg'],
  api: Record<string, unknown>,
  options: Presence = {},
): PropertyDecorator {
  return field(options, api, asIs, [rule({ type: 'value_error', msg }, isValid)]);
}

/** A value that a zod schema describes; in the API document it is the component named by `nameSchema`. */
export function SchemaField(
  schema: z.ZodType,
  { example, ...presence }: Presence & { readonly example?: unknown } = {},
): PropertyDecorator {
  const { optional = false, nullable = false } = presence;
  const api = ApiProperty({ required: !optional, example, ...schemaReference(schema, nullable) });
  const parse = (value: unknown, loc: Loc) => readBySchema(schema, value, loc);
  return (prototype, name) => {
    declareField(prototype, String(name), { optional, nullable, read: asIs, parse });
    api(prototype, name);
  };
}

/** A list of texts. */
export function TextListField(options: TextListOptions = {}): PropertyDecorator {
  const { minItems, maxItems, minLength, maxLength } = options;
  const items = { type: 'string', ...defined({ minLength, maxLength }) };
  return field(options, { type: 'array', items, minItems, maxItems }, asIs, [
    rule(LIST_TYPE, Array.isArray),
    ...countRules(options),
    rule(STRING_TYPE, isText, true),
    ...lengthRules(minLength, maxLength, true),
  ]);
}

/** An object with fields of its own. The class is given as a function because it may be declared later. */
export function ObjectField(type: () => DtoClass, options: Presence = {}): PropertyDecorator {
  return field(options, { type: lazily(type) }, asIs, [Type(type), ValidateNested()], { type, list: false });
}

/** A list of objects with fields of their own. */
export function ObjectListField(type: () => DtoClass, options: ListOptions = {}): PropertyDecorator {
  const { minItems, maxItems } = options;
  const rules = [rule(LIST_TYPE, Array.isArray), ...countRules(options), Type(type), ValidateNested()];
  return field(options, { type: lazily(type), isArray: true, minItems, maxItems }, asIs, rules, {
    type,
    list: true,
  });
}

/** Longest text that stands for a time. */
const MAX_TIME_CHARACTERS = 100;

const STRING_TYPE = { type: 'string_type', msg: 'Input should be a valid string' };
const BLANK = { type: 'value_error', msg: 'Value error, must not be blank' };
const LIST_TYPE = { type: 'list_type', msg: 'Input should be a valid list' };
const FINITE = { type: 'finite_number', msg: 'Input should be a finite number' };

function field(
  { optional = false, nullable = false }: Presence,
  api: Record<string, unknown>,
  read: (value: unknown) => unknown,
  rules: readonly PropertyDecorator[],
  nested?: DtoField['nested'],
): PropertyDecorator {
  const decorators = [
    Transform(({ value }) => read(value), { toClassOnly: true }),
    ValidateIf((_, value: unknown) => value !== undefined && !(nullable && value === null)),
    ...rules,
    ApiProperty({
      required: !optional,
      ...(nullable ? { nullable } : {}),
      ...defined(api),
    }),
  ];
  return (prototype, name) => {
    declareField(prototype, String(name), { optional, nullable, read, nested });
    for (const decorate of decorators) {
      decorate(prototype, name);
    }
  };
}

function lengthRules(minLength = 0, maxLength = Infinity, each = false): PropertyDecorator[] {
  return [
    ...when(
      minLength > 0,
      rule(
        {
          type: 'string_too_short',
          msg: `String should have at least ${minLength} ${plural(minLength, 'character')}`,
          ctx: { min_length: minLength },
        },
        (value) => isText(value) && hasAtLeast(value, minLength),
        each,
      ),
    ),
    ...when(
      maxLength < Infinity,
      rule(
        {
          type: 'string_too_long',
          msg: `String should have at most ${maxLength} ${plural(maxLength, 'character')}`,
          ctx: { max_length: maxLength },
        },
        (value) => isText(value) && hasAtMost(value, maxLength),
        each,
      ),
    ),
  ];
}

function rangeRules({ min = -Infinity, max = Infinity }: RangeOptions): PropertyDecorator[] {
  return [
    ...when(
      min > -Infinity,
      rule(
        {
          type: 'greater_than_equal',
          msg: `Input should be greater than or equal to ${min}`,
          ctx: { ge: min },
        },
        (value) => Number(value) >= min,
      ),
    ),
    ...when(
      max < Infinity,
      rule(
        { type: 'less_than_equal', msg: `Input should be less than or equal to ${max}`, ctx: { le: max } },
        (value) => Number(value) <= max,
      ),
    ),
  ];
}

function countRules({ minItems = 0, maxItems = Infinity }: ListOptions): PropertyDecorator[] {
  return [
    ...when(
      minItems > 0,
      rule(
        {
          type: 'too_short',
          msg: (value) =>
            `List should have at least ${minItems} ${plural(minItems, 'item')} after validation, not ${lengthOf(value)}`,
          ctx: { field_type: 'List', min_length: minItems },
        },
        (value) => lengthOf(value) >= minItems,
      ),
    ),
    ...when(
      maxItems < Infinity,
      rule(
        {
          type: 'too_long',
          msg: (value) =>
            `List should have at most ${maxItems} ${plural(maxItems, 'item')} after validation, not ${lengthOf(value)}`,
          ctx: { field_type: 'List', max_length: maxItems },
        },
        (value) => lengthOf(value) <= maxItems,
      ),
    ),
  ];
}

function when(wanted: boolean, decorator: PropertyDecorator): PropertyDecorator[] {
  return wanted ? [decorator] : [];
}

function defined(options: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** Nest Swagger takes a function for a class unless the function is named `type`. */
const lazily = (dto: () => DtoClass): (() => DtoClass) => ({ type: () => dto() }).type;
const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);
const asIs = (value: unknown): unknown => value;
const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';
const isTextOrNumber = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number';
