import { findUnsafeValue } from './unsafe-values';

function nested(depth: number, make: (inner: unknown) => unknown): unknown {
  let value: unknown = 'x';
  for (let level = 0; level < depth; level++) {
    value = make(value);
  }
  return value;
}

describe('findUnsafeValue', () => {
  it.each([
    ['a text', 'text'],
    ['a number', 3],
    ['null', null],
    ['nothing', undefined],
    ['a whole emoji', { text: '👩‍👩‍👧 😀' }],
    ['combining and right-to-left marks', { text: 'e\u0301 \u202eabc' }],
    ['names of Object.prototype', JSON.parse('{"constructor":"x","prototype":{"a":1},"toString":null}')],
    ['an object without prototype', Object.assign(Object.create(null), { a: 'b' })],
    ['objects as deep as allowed', nested(32, (inner) => ({ a: inner }))],
    ['lists as deep as allowed', nested(32, (inner) => [inner])],
  ])('lets %s pass', (_what, body) => {
    expect(findUnsafeValue(body, 32)).toBeUndefined();
  });

  it.each([
    ['NUL in a text', { a: [{ b: 'x\0y' }] }, ['body', 'a', 0, 'b'], 'NUL'],
    ['NUL in a name', { a: { 'x\0': 1 } }, ['body', 'a', 'x\0'], 'NUL'],
    ['a text of its own with NUL', '\0', ['body'], 'NUL'],
    ['the first half of a surrogate pair', { a: '\ud83d' }, ['body', 'a'], 'surrogate'],
    ['the second half of a surrogate pair', ['ok', '\ude00x'], ['body', 1], 'surrogate'],
    ['half a surrogate pair in a name', { '\ud83d': 1 }, ['body', '\ud83d'], 'surrogate'],
    [
      'an own field __proto__',
      JSON.parse('{"a":[{"__proto__":{"x":1}}]}'),
      ['body', 'a', 0, '__proto__'],
      'field name',
    ],
    ['binary data', { data: Buffer.from('x') }, ['body', 'data'], 'binary'],
    ['an instance of a class', [new Date()], ['body', 0], 'binary'],
  ])('refuses %s', (_what, body, loc, msg) => {
    expect(findUnsafeValue(body, 32)).toEqual(
      expect.objectContaining({ type: 'value_error', loc, msg: expect.stringContaining(msg) }),
    );
  });

  it.each([
    ['objects', nested(3_000, (inner) => ({ a: inner })), 'a'],
    ['lists', nested(100_000, (inner) => [inner]), 0],
  ])('refuses too deep %s without recursion, and shows only the start of the way', (_what, body, key) => {
    expect(findUnsafeValue(body, 32)).toEqual({
      type: 'value_error',
      loc: ['body', ...Array.from({ length: 8 }, () => key)],
      msg: 'Value error, must not be nested deeper than 32 levels',
      input: '…',
      ctx: { max_depth: 32 },
    });
  });

  it('begins the place with what the caller names', () => {
    expect(findUnsafeValue({ q: '\0' }, 32, ['query'])?.loc).toEqual(['query', 'q']);
  });
});
