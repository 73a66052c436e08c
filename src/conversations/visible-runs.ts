/** What a client of the old contract may see of the runs (decision 2). */
export interface VisibleRuns<Run> {
  /** The finished runs as far as they are finished in order. */
  readonly finished: readonly Run[];
  /** The run after them, when it has begun. */
  readonly current: Run | null;
}

/** One rule for the list of runs, the plain socket and the legacy `conversation`. `runs` are in the order of their numbers. */
export function visibleRuns<Run extends { readonly state: string }>(
  runs: readonly Run[],
  isOver: boolean,
): VisibleRuns<Run> {
  if (isOver) {
    return { finished: runs, current: null };
  }
  const open = runs.findIndex(({ state }) => state === 'running');
  return open === -1
    ? { finished: runs, current: null }
    : { finished: runs.slice(0, open), current: runs[open] ?? null };
}
