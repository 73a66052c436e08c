import { type FieldProblem, ValidationFailedError } from '../errors/domain-error';
import { type DtoClass } from './dto-fields';
import {
  BooleanField,
  ChoiceField,
  FloatField,
  IntField,
  JsonObjectField,
  TextField,
  TextListField,
  TimeField,
} from './fields';
import { validateRequest } from './validate-request';

class ValuesDto {
  @TextField({ optional: true })
  text?: string;

  @TextField({ optional: true, trim: true, nonBlank: true, maxLength: 5 })
  name?: string;

  @TextField({ optional: true, nullable: true, minLength: 2 })
  note?: string | null;

  @IntField({ optional: true, min: 1, max: 10 })
  count?: number = 1;

  @FloatField({ optional: true, nullable: true, min: 0, max: 1 })
  share?: number | null = null;

  @BooleanField({ optional: true })
  flag?: boolean;

  @ChoiceField(['round_robin', 'selector'], { optional: true })
  kind?: string = 'round_robin';

  @TimeField({ optional: true })
  from?: string;

  @JsonObjectField({ optional: true })
  free?: Record<string, unknown>;

  @TimeField({ optional: true })
  at?: string;

  @TextListField({ optional: true, minItems: 1, maxItems: 2, minLength: 1, maxLength: 3 })
  stop?: string[];
}

function problemsOf(raw: unknown, dto: DtoClass, source: 'body' | 'query' = 'body'): readonly FieldProblem[] {
  try {
    validateRequest(raw, dto, source);
  } catch (error) {
    if (error instanceof ValidationFailedError) {
      return error.problems;
    }
    throw error;
  }
  return [];
}

describe('fields that hold one value', () => {
  it.each([
    [{}, { count: 1, share: null, kind: 'round_robin' }],
    [{ text: '' }, { text: '' }],
    [{ text: '  x  ' }, { text: '  x  ' }],
    [{ name: '  ab  ' }, { name: 'ab' }],
    [{ name: '😀😀😀😀😀' }, { name: '😀😀😀😀😀' }],
    [{ note: null }, { note: null }],
    [{ count: 3 }, { count: 3 }],
    [{ count: 3.0 }, { count: 3 }],
    [{ count: '3' }, { count: 3 }],
    [{ count: ' +3.0 ' }, { count: 3 }],
    [{ share: '0.5' }, { share: 0.5 }],
    [{ share: '5e-1' }, { share: 0.5 }],
    [{ share: '.5' }, { share: 0.5 }],
    [{ share: 0 }, { share: 0 }],
    [{ share: null }, { share: null }],
    [{ flag: true }, { flag: true }],
    [{ flag: 'TRUE' }, { flag: true }],
    [{ flag: 1 }, { flag: true }],
    [{ flag: '1' }, { flag: true }],
    [{ flag: 'yes' }, { flag: true }],
    [{ flag: 'false' }, { flag: false }],
    [{ flag: 0 }, { flag: false }],
    [{ flag: 'off' }, { flag: false }],
    [{ kind: 'selector' }, { kind: 'selector' }],
    [{ from: '2026-01-22T19:05:22.351143Z' }, { from: '2026-01-22T19:05:22.351Z' }],
    [{ from: '2026-01-22T19:05:22+02:00' }, { from: '2026-01-22T17:05:22.000Z' }],
    [{ from: '2026-01-22 19:05' }, { from: '2026-01-22T19:05:00.000Z' }],
    [{ from: ' 2026-01-22 ' }, { from: '2026-01-22T00:00:00.000Z' }],
    [{ free: {} }, { free: {} }],
    [
      { free: { constructor: 'x', deep: [{ prototype: 1 }] } },
      { free: { constructor: 'x', deep: [{ prototype: 1 }] } },
    ],
    [{ stop: ['a', 'bcd'] }, { stop: ['a', 'bcd'] }],
    [{ at: '2026-01-22T19:05:22.351Z' }, { at: '2026-01-22T19:05:22.351Z' }],
    [{ at: '2026-01-22T19:05:22.351143' }, { at: '2026-01-22T19:05:22.351Z' }],
    [{ at: '2026-01-22T19:05:22+02:00' }, { at: '2026-01-22T17:05:22.000Z' }],
    [{ at: '2026-01-22 19:05 -0130' }, { at: '2026-01-22T20:35:00.000Z' }],
    [{ at: '2026-01-22' }, { at: '2026-01-22T00:00:00.000Z' }],
  ])('takes %j', (raw, expected) => {
    const value = validateRequest(raw, ValuesDto, 'body');
    expect(value).toBeInstanceOf(ValuesDto);
    expect(value).toEqual(expect.objectContaining(expected));
  });

  it.each([
    ['text', 3, 'string_type', 'Input should be a valid string', undefined],
    ['text', null, 'string_type', 'Input should be a valid string', undefined],
    ['text', ['x'], 'string_type', 'Input should be a valid string', undefined],
    ['text', { constructor: 'x' }, 'string_type', 'Input should be a valid string', undefined],
    ['name', '   ', 'value_error', 'Value error, must not be blank', undefined],
    ['name', 'abcdef', 'string_too_long', 'String should have at most 5 characters', { max_length: 5 }],
    ['name', '😀😀😀😀😀😀', 'string_too_long', 'String should have at most 5 characters', { max_length: 5 }],
    ['note', '😀', 'string_too_short', 'String should have at least 2 characters', { min_length: 2 }],
    [
      'count',
      'three',
      'int_parsing',
      'Input should be a valid integer, unable to parse string as an integer',
      undefined,
    ],
    [
      'count',
      '',
      'int_parsing',
      'Input should be a valid integer, unable to parse string as an integer',
      undefined,
    ],
    [
      'count',
      '0x3',
      'int_parsing',
      'Input should be a valid integer, unable to parse string as an integer',
      undefined,
    ],
    [
      'count',
      1.5,
      'int_from_float',
      'Input should be a valid integer, got a number with a fractional part',
      undefined,
    ],
    ['at', 5, 'string_type', 'Input should be a valid string', undefined],
    ...['', 'yesterday', '2026-02-30', '2026-13-01', '2026-01-22T25:00Z', '22.01.2026', '1769108722'].map(
      (at): [string, unknown, string, string, undefined] => [
        'at',
        at,
        'datetime_parsing',
        'Input should be a valid time in ISO 8601',
        undefined,
      ],
    ),
    ['count', Infinity, 'finite_number', 'Input should be a finite number', undefined],
    ['count', null, 'int_type', 'Input should be a valid integer', undefined],
    ['count', true, 'int_type', 'Input should be a valid integer', undefined],
    ['count', [3], 'int_type', 'Input should be a valid integer', undefined],
    ['count', 0, 'greater_than_equal', 'Input should be greater than or equal to 1', { ge: 1 }],
    ['count', '11', 'less_than_equal', 'Input should be less than or equal to 10', { le: 10 }],
    [
      'share',
      'half',
      'float_parsing',
      'Input should be a valid number, unable to parse string as a number',
      undefined,
    ],
    [
      'share',
      'NaN',
      'float_parsing',
      'Input should be a valid number, unable to parse string as a number',
      undefined,
    ],
    ['share', {}, 'float_type', 'Input should be a valid number', undefined],
    ['share', '1e999', 'finite_number', 'Input should be a finite number', undefined],
    ['share', 1.1, 'less_than_equal', 'Input should be less than or equal to 1', { le: 1 }],
    [
      'flag',
      'maybe',
      'bool_parsing',
      'Input should be a valid boolean, unable to interpret input',
      undefined,
    ],
    ['flag', 2, 'bool_parsing', 'Input should be a valid boolean, unable to interpret input', undefined],
    ['flag', null, 'bool_type', 'Input should be a valid boolean', undefined],
    [
      'kind',
      'swarm',
      'literal_error',
      "Input should be 'round_robin' or 'selector'",
      { expected: "'round_robin' or 'selector'" },
    ],
    [
      'kind',
      ['selector'],
      'literal_error',
      "Input should be 'round_robin' or 'selector'",
      { expected: "'round_robin' or 'selector'" },
    ],
    ['free', [], 'dict_type', 'Input should be a valid dictionary', undefined],
    ['free', 'x', 'dict_type', 'Input should be a valid dictionary', undefined],
    ['stop', 'x', 'list_type', 'Input should be a valid list', undefined],
    ['stop', { 0: 'x' }, 'list_type', 'Input should be a valid list', undefined],
    [
      'stop',
      [],
      'too_short',
      'List should have at least 1 item after validation, not 0',
      { field_type: 'List', min_length: 1 },
    ],
    [
      'stop',
      ['a', 'b', 'c'],
      'too_long',
      'List should have at most 2 items after validation, not 3',
      { field_type: 'List', max_length: 2 },
    ],
  ])('refuses %s = %j with %s', (name, input, type, msg, ctx) => {
    const problems = problemsOf({ [name]: input }, ValuesDto);
    expect(problems).toEqual(
      [
        { type, loc: ['body', name], msg, input: expect.anything(), ...(ctx === undefined ? {} : { ctx }) },
      ].map((expected) => (input === null ? { ...expected, input: null } : expected)),
    );
  });

  it.each([5, 'yesterday', '2026-13-01', '2026-01-22T25:00Z', '22.01.2026', ''])(
    'refuses %j as a time',
    (from) => {
      expect(problemsOf({ text: '', from }, ValuesDto)).toMatchObject([
        { type: typeof from === 'string' ? 'datetime_parsing' : 'string_type', loc: ['body', 'from'] },
      ]);
    },
  );

  it('names every wrong item of a list of texts by its position', () => {
    expect(problemsOf({ stop: [1, null] }, ValuesDto)).toEqual([
      expect.objectContaining({ type: 'string_type', loc: ['body', 'stop', 0], input: 1 }),
      expect.objectContaining({ type: 'string_type', loc: ['body', 'stop', 1], input: null }),
    ]);
    expect(problemsOf({ stop: ['abc', 'abcd'] }, ValuesDto)).toEqual([
      expect.objectContaining({ type: 'string_too_long', loc: ['body', 'stop', 1], ctx: { max_length: 3 } }),
    ]);
  });

  it('leaves a missing field without a default undefined, and not even an own property', () => {
    expect(Object.keys(validateRequest({}, ValuesDto, 'body'))).toEqual(['count', 'share', 'kind']);
  });

  it('says query where the values come from the query', () => {
    expect(problemsOf({ count: 'x' }, ValuesDto, 'query')[0]?.loc).toEqual(['query', 'count']);
  });
});
