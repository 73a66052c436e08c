import { type Workshop } from './workshop';

/** A figure with its value in each round. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
}

/** A figure without unit; `bar` is what the project asks for. */
export interface Ratio {
  readonly name: string;
  readonly values: readonly number[];
  readonly bar?: { readonly kind: 'at most' | 'at least'; readonly value: number };
}

export interface Measurement {
  /** As `--only` names it. */
  readonly id: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  readonly ratios: readonly Ratio[];
  /** What has to be known to read the figures. */
  readonly notes: readonly string[];
}

export interface MeasurementOrder {
  readonly workshop: Workshop;
  /** Null = what suits the measurement. */
  readonly rounds: number | null;
  /** Everything small: only to see that it works. */
  readonly quick: boolean;
  /** Tells the user how far it is. */
  readonly tell: (text: string) => void;
}

export type Measure = (order: MeasurementOrder) => Promise<Measurement>;

/** Runs steps one after another, round by round, so that a disturbance of the machine meets all of them. */
export async function interleave<T>(
  rounds: number,
  steps: readonly ((round: number) => Promise<T>)[],
): Promise<T[][]> {
  const results = steps.map((): T[] => []);
  for (let round = 1; round <= rounds; round += 1) {
    for (const [index, step] of steps.entries()) {
      results[index]?.push(await step(round));
    }
  }
  return results;
}
