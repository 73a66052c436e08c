/** A run of an older layout, whose number is not the name of its file. */
export interface UnnumberedRun {
  readonly path: string;
  /** The number that it says it has. */
  readonly claimed: number | null;
  /** The number in the name of its file, which counts through all runs of a folder. */
  readonly fileNumber: number | null;
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
      compareNumbers(a.claimed, b.claimed) ||
      compareNumbers(a.fileNumber, b.fileNumber) ||
      compareTexts(a.createdAt ?? '', b.createdAt ?? '') ||
      compareTexts(a.path, b.path),
  );
  const claims = ordered.map(({ claimed }) => claimed);
  const areGood = claims.every(isRunNumber) && new Set(claims).size === claims.length;
  return ordered.map((run, index) => ({
    run,
    iteration: areGood ? (run.claimed ?? index + 1) : index + 1,
  }));
}

/** Runs without a number come last. */
function compareNumbers(a: number | null, b: number | null): number {
  return a === b ? 0 : (a ?? Infinity) - (b ?? Infinity);
}

/** Past this, a number is a broken one. */
const MAX_RUN_NUMBER = 1_000_000;

export function isRunNumber(value: number | null): value is number {
  return value !== null && Number.isSafeInteger(value) && value >= 1 && value <= MAX_RUN_NUMBER;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
