/** How many runs of an experiment are open side by side; `auto` = as many as keep the models at work. */
export type Parallelism = number | 'auto';

export function isParallelism(value: unknown): value is Parallelism {
  return value === 'auto' || (Number.isSafeInteger(value) && (value as number) >= 1);
}
