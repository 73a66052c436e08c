import { WrongFlag } from '../bench/flags';
import { readOptions, SCENARIO_NAMES } from './options';

describe('options of the torture programme', () => {
  it('runs everything with a drawn seed when nothing is asked for', () => {
    const options = readOptions([]);
    expect(options).toMatchObject({ only: SCENARIO_NAMES, rounds: null, short: false });
    expect(options?.seed).toBeGreaterThanOrEqual(0);
  });

  it('takes scenarios in their own order, rounds, a seed and a file', () => {
    expect(
      readOptions(['--only', 'sizes, kill', '--rounds', '7', '--seed', '0', '--short', '--report', 'r.json']),
    ).toEqual({ only: ['kill', 'sizes'], rounds: 7, seed: 0, short: true, report: 'r.json' });
  });

  it('gives nothing when help is asked for', () => {
    expect(readOptions(['--help'])).toBeNull();
  });

  it.each([
    ['--only', 'kil'],
    ['--rounds', '0'],
    ['--rounds', '1.5'],
    ['--seed', '-1'],
    ['--seed', ''],
    ['--fast', '1'],
  ])('refuses %s %s', (flag, value) => {
    expect(() => readOptions([`${flag}=${value}`])).toThrow(WrongFlag);
  });
});
