import { missing, problem, tooLarge, tooLong, tooMany, wrongValue } from './field-problems';

describe('field problems', () => {
  it('words limits of settings as pydantic words fixed ones', () => {
    expect(tooLong(['body', 'task', 'prompt'], 5, 'abcdef')).toEqual({
      type: 'string_too_long',
      loc: ['body', 'task', 'prompt'],
      msg: 'String should have at most 5 characters',
      input: 'abcdef',
      ctx: { max_length: 5 },
    });
    expect(tooMany(['body', 'agents'], 1, [1, 2])).toEqual({
      type: 'too_long',
      loc: ['body', 'agents'],
      msg: 'List should have at most 1 item after validation, not 2',
      input: [1, 2],
      ctx: { field_type: 'List', max_length: 1, actual_length: 2 },
    });
    expect(tooLarge(['body', 'iterations'], 1_000, 1_001)).toEqual({
      type: 'less_than_equal',
      loc: ['body', 'iterations'],
      msg: 'Input should be less than or equal to 1000',
      input: 1_001,
      ctx: { le: 1_000 },
    });
  });

  it('names a missing field and shows the object around it', () => {
    expect(missing(['body', 'agents', 0, 'model'], { id: 'a' })).toEqual({
      type: 'missing',
      loc: ['body', 'agents', 0, 'model'],
      msg: 'Field required',
      input: { id: 'a' },
    });
  });

  it('says what is wrong with a value in words of its own', () => {
    expect(wrongValue(['query', 'status'], 'must be a known state', 'x')).toEqual({
      type: 'value_error',
      loc: ['query', 'status'],
      msg: 'Value error, must be a known state',
      input: 'x',
    });
  });

  it.each([
    ['a long text', 'x'.repeat(10_000), `${'x'.repeat(200)}…`],
    ['a text inside', { a: 'x'.repeat(10_000) }, { a: `${'x'.repeat(50)}…` }],
    ['a long list', [1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, '… 2 more']],
    [
      'a large object',
      { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 },
      { a: 1, b: 2, c: 3, d: 4, e: 5, '…': '1 more' },
    ],
    ['a deep object', { a: { b: { c: { d: 1 } } } }, { a: { b: { '…': '1 more' } } }],
    ['nothing', undefined, null],
    ['a text cut inside a surrogate pair', `${'x'.repeat(199)}😀`, `${'x'.repeat(199)}\uFFFD…`],
  ])('shortens %s', (_what, input, shown) => {
    expect(problem('value_error', ['body'], '', input).input).toEqual(shown);
  });

  it('cuts names that a client made long', () => {
    expect(problem('extra_forbidden', ['body', 'n'.repeat(1_000)], '', 1).loc[1]).toBe(`${'n'.repeat(200)}…`);
  });
});
