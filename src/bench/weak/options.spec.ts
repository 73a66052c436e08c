import { WrongFlag } from '../flags';
import { HELP, readWeakOptions } from './options';
import { PATTERN_NAMES } from './patterns';

describe(readWeakOptions, () => {
  it('runs 200 conversations of everything in two strengths when nothing is asked for', () => {
    expect(readWeakOptions([])).toMatchObject({
      only: PATTERN_NAMES,
      conversations: 200,
      strengths: ['moderate', 'strong'],
      seed: 1,
      short: false,
    });
  });

  it('takes a choice of patterns and strengths, in their order', () => {
    const args = [
      '--only',
      'graph, selector',
      '--strength',
      'strong,mild',
      '--conversations',
      '7',
      '--seed',
      '3',
    ];
    expect(readWeakOptions([...args, '--out', 'x.json'])).toEqual({
      only: ['selector', 'graph'],
      conversations: 7,
      strengths: ['mild', 'strong'],
      seed: 3,
      short: false,
      out: 'x.json',
    });
    expect(readWeakOptions(['--short'])).toMatchObject({ short: true, conversations: 3 });
  });

  it('names every pattern in its help', () => {
    expect(readWeakOptions(['--help'])).toBeNull();
    expect(PATTERN_NAMES.filter((name) => !HELP.includes(name))).toEqual([]);
  });

  it.each([
    ['--only', 'chess'],
    ['--strength', 'weak'],
    ['--conversations', '0'],
    ['--conversations', ''],
    ['--seed', '-1'],
    ['graph'],
  ])('refuses %s %s', (...args) => {
    expect(() => readWeakOptions(args)).toThrow(WrongFlag);
  });
});
