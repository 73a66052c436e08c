/** A run of an older layout, whose number is not the name of its file. */
export interface UnnumberedRun {
  readonly path: string;
  /** What the file, or its name, says. */
  readonly claimed: number | null;
  /** As it stands in the file. */
  readonly createdAt: string | null;
}

/**
 * Numbers the runs of one experiment: by what they say of themselves when that is a number of its own for each, else by
 * their order.
 */
export function numberRuns<Run extends UnnumberedRun>(
  runs: readonly Run[],
): { readonly run: Run; readonly iteration: number }[] {
  const ordered = runs.toSorted(
    (a, b) =>
      (a.claimed ?? Infinity) - (b.claimed ?? Infinity) ||
      compare(a.createdAt ?? '', b.createdAt ?? '') ||
      compare(a.path, b.path),
  );
  const claims = ordered.map(({ claimed }) => claimed);
  const areGood = claims.every(isRunNumber) && new Set(claims).size === claims.length;
  return ordered.map((run, index) => ({
    run,
    iteration: areGood ? (run.claimed ?? index + 1) : index + 1,
  }));
}

/** Past this, a number is a broken one. */
const MAX_RUN_NUMBER = 1_000_000;

export function isRunNumber(value: number | null): value is number {
  return value !== null && Number.isSafeInteger(value) && value >= 1 && value <= MAX_RUN_NUMBER;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
