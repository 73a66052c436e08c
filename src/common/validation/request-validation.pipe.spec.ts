import { ValidationFailedError } from '../errors/domain-error';
import { IntField, TextField } from './fields';
import { RequestValidationPipe } from './request-validation.pipe';

class PageDto {
  @IntField({ optional: true, min: 1 })
  limit?: number = 20;
}

class NameDto {
  @TextField()
  name!: string;
}

class EmptyDto {}

const pipe = new RequestValidationPipe(8);

function problemsOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error instanceof ValidationFailedError ? error.problems : error;
  }
  return undefined;
}

describe('RequestValidationPipe', () => {
  it('checks bodies and queries that have a DTO', () => {
    expect(pipe.transform({ name: 'x' }, { type: 'body', metatype: NameDto })).toBeInstanceOf(NameDto);
    expect(pipe.transform({ limit: '5' }, { type: 'query', metatype: PageDto })).toEqual({ limit: 5 });
    expect(problemsOf(() => pipe.transform({}, { type: 'body', metatype: NameDto }))).toEqual([
      expect.objectContaining({ type: 'missing', loc: ['body', 'name'] }),
    ]);
    expect(problemsOf(() => pipe.transform({ limit: '0' }, { type: 'query', metatype: PageDto }))).toEqual([
      expect.objectContaining({ type: 'greater_than_equal', loc: ['query', 'limit'] }),
    ]);
    expect(problemsOf(() => pipe.transform({}, { type: 'param', metatype: NameDto }))).toEqual([
      expect.objectContaining({ type: 'missing', loc: ['path', 'name'] }),
    ]);
  });

  it.each([
    ['a path parameter', 'abc', { type: 'param' as const, metatype: String, data: 'id' }],
    ['the rest of a path', ['a', 'b'], { type: 'param' as const, metatype: Array, data: 'name' }],
    ['a body of any shape', { a: [1] }, { type: 'body' as const, metatype: Object }],
    ['a body without a type', [1], { type: 'body' as const }],
    ['what a decorator of our own brings', new Map(), { type: 'custom' as const, metatype: NameDto }],
  ])('hands on %s as it is', (_what, value, metadata) => {
    expect(pipe.transform(value, metadata)).toBe(value);
  });

  it.each([
    ['body' as const, { a: '\0' }, ['body', 'a']],
    ['query' as const, { q: '\ud800' }, ['query', 'q']],
    ['body' as const, [[[[[[[[[]]]]]]]]], ['body', 0, 0, 0, 0, 0, 0, 0, 0]],
  ])('refuses unsafe values in a %s without a DTO too', (type, value, loc) => {
    expect(problemsOf(() => pipe.transform(value, { type, metatype: Object }))).toEqual([
      expect.objectContaining({ loc }),
    ]);
  });

  it('does not take a class that declares nothing for a check', () => {
    expect(problemsOf(() => pipe.transform({}, { type: 'body', metatype: EmptyDto }))).toBeInstanceOf(
      TypeError,
    );
  });
});
