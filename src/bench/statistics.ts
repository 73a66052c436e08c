/** The middle value; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  return (percentile(values, 0.5) + percentile(values, 0.5, 'upper')) / 2;
}

/** The smallest value (`upper`: the largest one) that at least this share of the values does not exceed. */
export function percentile(
  values: readonly number[],
  share: number,
  side: 'lower' | 'upper' = 'lower',
): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * sorted.length;
  const index = side === 'lower' ? Math.ceil(at) - 1 : Math.floor(at);
  const value = sorted[Math.min(sorted.length - 1, Math.max(0, index))];
  if (value === undefined) {
    throw new RangeError('There is no middle of no values.');
  }
  return value;
}

/** The quotients of two series, place by place. */
export function quotients(above: readonly number[], below: readonly number[]): number[] {
  return above.map((value, index) => value / (below[index] ?? Number.NaN));
}
