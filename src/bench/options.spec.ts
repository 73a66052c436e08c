import { WrongFlag } from './flags';
import { readOptions } from './options';

describe(readOptions, () => {
  it('measures everything when nothing is asked for', () => {
    expect(readOptions([])).toMatchObject({
      only: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'],
      rounds: null,
      quick: false,
    });
  });

  it('takes a choice of measurements, rounds and a file', () => {
    const options = readOptions(['--only', 'c, a', '--rounds', '5', '--out', 'figures/x.json', '--quick']);
    expect(options).toEqual({ only: ['a', 'c'], rounds: 5, quick: true, out: 'figures/x.json' });
  });

  it('asks for nothing when help is wanted', () => {
    expect(readOptions(['--help'])).toBeNull();
  });

  it.each([['--only', 'z'], ['--rounds', '0'], ['--rounds', 'many'], ['--fast'], ['a']])(
    'refuses %s %s',
    (...args) => {
      expect(() => readOptions(args)).toThrow(WrongFlag);
    },
  );
});
