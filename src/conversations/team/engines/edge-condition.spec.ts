import { type EdgeCondition } from '../definition/team-definition';
import { aTurn } from '../testing/turn-records';
import { edgeTest } from './edge-condition';

const isOpen = (
  condition: Exclude<EdgeCondition, { otherwise: true }>,
  text: string,
  parsed: unknown = null,
) => {
  const last = aTurn(1, 'A', { text, parsed });
  return edgeTest(condition)({ number: 1, member: 'A', records: [last], last, text });
};

describe('edgeTest', () => {
  it.each<[Exclude<EdgeCondition, { otherwise: true }>, string, boolean]>([
    [{ contains: 'YES' }, 'well, YES', true],
    [{ contains: 'YES' }, 'yes', false],
    [{ contains: 'YES' }, '', false],
    [{ contains: '.*' }, 'anything', false],
    [{ not_contains: 'YES' }, 'no', true],
    [{ not_contains: 'YES' }, 'YES', false],
    [{ not_contains: 'YES' }, '', true],
    [{ pattern: '^score: [0-9]+$' }, 'score: 12', true],
    [{ pattern: '(?i)yes|ja' }, 'Oh JA', true],
    [{ pattern: '^no$' }, 'no, no', false],
  ])('%j of %j is %s', (condition, text, expected) => {
    expect(isOpen(condition, text)).toBe(expected);
  });

  it.each<[string, string | number | boolean | null, unknown, boolean]>([
    ['ok', true, { ok: true }, true],
    ['ok', true, { ok: 'true' }, false],
    ['ok', 1, { ok: 1 }, true],
    ['verdict.grade', 'good', { verdict: { grade: 'good' } }, true],
    ['verdict.grade', 'good', { verdict: 'good' }, false],
    ['verdict.grade', 'good', { verdict: null }, false],
    ['left', null, { left: null }, true],
    ['left', null, {}, false],
    ['ok', true, null, false],
    ['ok', true, 'ok', false],
    ['toString.name', 'toString', {}, false],
  ])('the field %s equal to %j in %j is %s', (field, equals, parsed, expected) => {
    expect(isOpen({ field, equals }, '', parsed)).toBe(expected);
  });

  it('searches in linear time', () => {
    const began = performance.now();
    expect(isOpen({ pattern: '(a+)+$' }, `${'a'.repeat(50_000)}b`)).toBe(false);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
