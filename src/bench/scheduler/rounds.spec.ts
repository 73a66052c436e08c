import { joined } from './rounds';

function aMeasurement(seconds: number) {
  return {
    id: '1',
    title: 'Something',
    figures: [{ name: 'total', unit: 's', values: [seconds] }],
    ratios: [{ name: 'total / ideal', values: [seconds / 10] }],
    notes: [],
  };
}

describe(joined, () => {
  it('keeps each figure and ratio with its value in every round', () => {
    expect(joined([aMeasurement(20), aMeasurement(30)])).toEqual({
      ...aMeasurement(0),
      figures: [{ name: 'total', unit: 's', values: [20, 30] }],
      ratios: [{ name: 'total / ideal', values: [2, 3] }],
    });
    expect(() => joined([])).toThrow(RangeError);
  });
});
