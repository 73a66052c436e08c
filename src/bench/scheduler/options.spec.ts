import { WrongFlag } from '../flags';
import { readSchedulerOptions } from './options';

describe(readSchedulerOptions, () => {
  it('measures everything once when nothing is asked for', () => {
    expect(readSchedulerOptions([])).toMatchObject({
      only: ['1', '2', '3', '4', '5', '6'],
      rounds: 1,
      quick: false,
    });
  });

  it('takes a choice of measurements, rounds and files', () => {
    const flags = '--only 3,1 --rounds 2 --quick --out x.json --timeline x.svg'.split(' ');
    expect(readSchedulerOptions(flags)).toEqual({
      only: ['1', '3'],
      rounds: 2,
      quick: true,
      out: 'x.json',
      timeline: 'x.svg',
    });
  });

  it('asks for nothing when help is wanted', () => {
    expect(readSchedulerOptions(['--help'])).toBeNull();
  });

  it.each([['--only', '7'], ['--rounds', '0'], ['--timeline'], ['1']])('refuses %s %s', (...flags) => {
    expect(() => readSchedulerOptions(flags)).toThrow(WrongFlag);
  });
});
