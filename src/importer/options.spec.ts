import { readOptions } from './options';
import { localZone } from './source/times';
import { CannotImport } from './unusable';

describe(readOptions, () => {
  it('takes a directory, and the zone of this machine', () => {
    expect(readOptions(['old'])).toEqual({
      source: 'old',
      timezone: localZone(),
      isDryRun: false,
      asJson: false,
    });
  });

  it('takes flags in any place', () => {
    expect(readOptions(['--dry-run', '--json', 'old', '--timezone', 'Asia/Tokyo'])).toEqual({
      source: 'old',
      timezone: 'Asia/Tokyo',
      isDryRun: true,
      asJson: true,
    });
  });

  it('asks for nothing when help is wanted', () => {
    expect(readOptions(['--help'])).toBeNull();
  });

  it.each([[[]], [['a', 'b']], [['a', '--timezone']], [['a', '--timezone', 'CET/Moon']], [['a', '--fast']]])(
    'refuses %j',
    (args) => {
      expect(() => readOptions(args)).toThrow(CannotImport);
    },
  );
});
