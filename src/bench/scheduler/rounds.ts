import { type Measurement } from '../measurement';

/** One measurement of several rounds: the same figures, each with its value in every round. */
export function joined(rounds: readonly Measurement[]): Measurement {
  const [first] = rounds;
  if (!first) {
    throw new RangeError('There is no measurement of no rounds.');
  }
  return {
    ...first,
    figures: first.figures.map((figure, index) => ({
      ...figure,
      values: rounds.flatMap(({ figures }) => figures[index]?.values ?? []),
    })),
    ratios: first.ratios.map((ratio, index) => ({
      ...ratio,
      values: rounds.flatMap(({ ratios }) => ratios[index]?.values ?? []),
    })),
  };
}
