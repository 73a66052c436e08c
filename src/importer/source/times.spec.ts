import { hasZone, isZone, localZone, timeReader } from './times';

describe(timeReader, () => {
  const inBerlin = timeReader('Europe/Berlin');

  it.each([
    ['2026-01-22T19:05:22.351143', '2026-01-22T18:05:22.351Z'],
    ['2026-07-22T19:05:22.351143', '2026-07-22T17:05:22.351Z'],
    ['2026-07-22 19:05', '2026-07-22T17:05:00.000Z'],
    ['2026-07-22', '2026-07-21T22:00:00.000Z'],
    [' 2026-07-22T19:05:22,9 ', '2026-07-22T17:05:22.900Z'],
  ])('takes %s, which names no zone, as a time of the zone asked for', (text, expected) => {
    expect(inBerlin(text)).toBe(expected);
  });

  it.each([
    ['2026-01-22T19:05:23Z', '2026-01-22T19:05:23.000Z'],
    ['2026-01-22T19:05:23.351143+00:00', '2026-01-22T19:05:23.351Z'],
    ['2026-01-22T19:05:23+05:30', '2026-01-22T13:35:23.000Z'],
    ['2026-01-22T19:05:23-0330', '2026-01-22T22:35:23.000Z'],
    ['2026-01-22T19:05:23+01', '2026-01-22T18:05:23.000Z'],
  ])('takes %s as it says', (text, expected) => {
    expect(inBerlin(text)).toBe(expected);
    expect(hasZone(text)).toBe(true);
  });

  it('takes an hour that the clocks skipped as if they had not been put forward yet', () => {
    expect(inBerlin('2026-03-29T01:59:59')).toBe('2026-03-29T00:59:59.000Z');
    expect(inBerlin('2026-03-29T02:30:00')).toBe('2026-03-29T01:30:00.000Z');
    expect(inBerlin('2026-03-29T03:00:00')).toBe('2026-03-29T01:00:00.000Z');
  });

  it('takes an hour that the clocks showed twice as the first of the two', () => {
    expect(inBerlin('2026-10-25T01:59:59')).toBe('2026-10-24T23:59:59.000Z');
    expect(inBerlin('2026-10-25T02:30:00')).toBe('2026-10-25T00:30:00.000Z');
    expect(inBerlin('2026-10-25T03:00:00')).toBe('2026-10-25T02:00:00.000Z');
  });

  it('knows zones with half hours, without summer time, and with a day that was skipped', () => {
    expect(timeReader('Australia/Lord_Howe')('2026-04-05T01:45:00')).toBe('2026-04-04T14:45:00.000Z');
    expect(timeReader('America/New_York')('2026-11-01T01:30:00')).toBe('2026-11-01T05:30:00.000Z');
    expect(timeReader('Asia/Kathmandu')('2026-06-01T12:00:00')).toBe('2026-06-01T06:15:00.000Z');
    expect(timeReader('Pacific/Apia')('2011-12-31T00:00:00')).toBe('2011-12-30T10:00:00.000Z');
    expect(timeReader('UTC')('2026-10-25T02:30:00')).toBe('2026-10-25T02:30:00.000Z');
  });

  it('gives the same whichever times it was asked before', () => {
    const fresh = timeReader('Europe/Berlin');
    const times = ['2026-10-25T03:30:00', '2026-10-25T02:30:00', '2026-10-25T01:30:00'];
    expect(times.map((time) => fresh(time))).toEqual(times.map((time) => timeReader('Europe/Berlin')(time)));
  });

  it.each([
    '',
    'yesterday',
    '2026-13-01',
    '2026-02-30T10:00:00',
    '2026-01-01T25:00:00',
    '12:30',
    '0000-00-00',
  ])('gives nothing for %j', (text) => {
    expect(inBerlin(text)).toBeUndefined();
  });
});

it('knows which names are zones', () => {
  expect([localZone(), 'Europe/Berlin', 'UTC', 'Mars/Olympus', ''].map((name) => isZone(name))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});
