import { ValidationFailedError } from '../errors/domain-error';
import { decodeCursor, encodeCursor } from './cursor';

describe('cursors', () => {
  it('come back as they were given, whatever is in the id', () => {
    const cursor = { time: '2026-01-22T19:05:22.351Z', id: '../a b/ü"👋' };

    expect(encodeCursor(cursor)).toMatch(/^[\w-]+$/);
    expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
  });

  it.each([
    '',
    'x',
    '%%%',
    Buffer.from('[1,2]').toString('base64url'),
    Buffer.from('["a"]').toString('base64url'),
  ])('are refused when they are not ours: %j', (text) => {
    expect(() => decodeCursor(text)).toThrow(ValidationFailedError);
  });
});
