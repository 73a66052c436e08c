import { type Cursor } from '../../common/pages/cursor';
import { type LibraryHead } from './library-item';
import { type LibraryListQuery } from './library-queries.dto';

/** The place of an entry in a list. */
export function cursorOf({ updated_at: time, id }: LibraryHead): Cursor {
  return { time, id };
}

/** Whether an entry comes after a place in a list, the one that was changed last first. */
export function isAfter(entry: LibraryHead, after: Cursor | null): boolean {
  return after === null || compare(cursorOf(entry), after) < 0;
}

/** Whether a built-in entry is among what a list is narrowed down to; it names no models. */
export function isListed({ updated_at: time }: LibraryHead, { model, from, to }: LibraryListQuery): boolean {
  return model === undefined && (from === undefined || time >= from) && (to === undefined || time < to);
}

/** Order of a list. */
export function newestFirst(one: LibraryHead, other: LibraryHead): number {
  return compare(cursorOf(other), cursorOf(one));
}

function compare(one: Cursor, other: Cursor): number {
  return byText(one.time, other.time) || byText(one.id, other.id);
}

/** As SQLite compares texts, not as people do. */
function byText(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
