import { median, percentile, quotients } from './statistics';

describe(median, () => {
  it('is the middle value, in whatever order they come', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it('is the mean of the two in the middle of an even number', () => {
    expect(median([10, 1, 2, 4])).toBe(3);
  });

  it('does not exist for no values', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe(percentile, () => {
  it('is a value that the given share does not exceed', () => {
    const values = Array.from({ length: 200 }, (_, index) => index + 1);
    expect(percentile(values, 0.99)).toBe(198);
    expect(percentile(values, 1)).toBe(200);
    expect(percentile([7], 0.99)).toBe(7);
  });
});

describe(quotients, () => {
  it('divides round by round', () => {
    expect(quotients([4, 9], [2, 3])).toEqual([2, 3]);
  });
});
