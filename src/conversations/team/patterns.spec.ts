import { patternMatch, patternProblem } from './patterns';

describe('patternMatch', () => {
  it('finds the first match, or null', () => {
    expect(patternMatch('b+', 'abba b')).toBe('bb');
    expect(patternMatch('B+', 'abba')).toBeNull();
    expect(patternMatch('B+', 'abba', true)).toBe('bb');
    expect(patternMatch('x*', 'abba')).toBe('');
  });

  it.each(['(a|aa)+$', '(a*)*b', '(?:a?){50}a{50}[bc]', '[a-z]{1000}[0-9]'])(
    'searches a long text for %s in no time (trap: a pattern that holds the process up)',
    (pattern) => {
      const start = performance.now();
      patternMatch(pattern, `${'a'.repeat(20_000)}!`);
      expect(performance.now() - start).toBeLessThan(2_000);
    },
  );

  it('keeps patterns apart, however many there are', () => {
    for (let round = 0; round < 2; round += 1) {
      for (let number = 0; number < 300; number += 1) {
        expect(patternMatch(`^${number}$`, String(number))).toBe(String(number));
      }
    }
  });
});

describe('patternProblem', () => {
  it('is null for a pattern of RE2', () => {
    expect(patternProblem('(?i)\\bdone\\b|(?P<x>y)')).toBeNull();
  });

  it.each(['(a', '(?=a)', '\\1', 'a{2000}', '['])('tells what is wrong with %s', (pattern) => {
    expect(patternProblem(pattern)).toMatch(/error parsing regexp: /);
  });
});
