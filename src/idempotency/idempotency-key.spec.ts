import { ValidationFailedError } from '../common/errors/domain-error';
import { idempotencyKeyOf } from './idempotency-key';

describe('idempotencyKeyOf', () => {
  it('gives nothing when there is no key', () => {
    expect(idempotencyKeyOf({})).toBeNull();
  });

  it.each(['a', '7d0f2a1c-0d6c-4d53-8f4b-0e1a2b3c4d5e', '"quoted"', '!~', 'k'.repeat(255)])(
    'takes %s as it is',
    (key) => {
      expect(idempotencyKeyOf({ 'idempotency-key': key })).toBe(key);
    },
  );

  it.each(['', 'k'.repeat(256), 'a b', 'a, b', 'ä', 'a\t', '\u007f', 'a\n'])('refuses %j by name', (key) => {
    expect(() => idempotencyKeyOf({ 'idempotency-key': key })).toThrow(
      expect.objectContaining({
        code: 'VALIDATION_FAILED',
        problems: [expect.objectContaining({ type: 'value_error', loc: ['header', 'Idempotency-Key'] })],
      }),
    );
  });

  it('refuses several keys', () => {
    expect(() => idempotencyKeyOf({ 'idempotency-key': ['a', 'b'] })).toThrow(ValidationFailedError);
  });
});
