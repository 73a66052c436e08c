/** When a leaf came to hold: the turn, and what was met. Null = it does not hold. */
export type Met = { readonly turn: number; readonly detail?: string } | null;

/** What rules about time go by, in active milliseconds of the run. */
export interface Clock {
  /** When the visit of the team began; 0 for the outermost. */
  readonly startMs: number;
  /** Counts beside the turns where a turn is in progress. */
  readonly nowMs?: number;
}

const DETAIL_CHARACTERS = 200;

/** What agents said as a detail: its start. */
export function clipped(text: string): string {
  return text.length <= DETAIL_CHARACTERS ? text : `${text.slice(0, DETAIL_CHARACTERS).toWellFormed()}…`;
}
