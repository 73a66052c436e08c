import { type FieldProblem } from '../../common/errors/domain-error';
import { type Loc, wrongValue } from '../../common/validation/field-problems';

/** Longest id of a saved agent or team. */
export const MAX_LIBRARY_ID_CHARACTERS = 100;

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Names of routes, which an entry of the same name would hide. */
const ROUTES: ReadonlySet<string> = new Set(['export', 'import', 'try']);

/** What is wrong with an id that a client chose: ids stand in addresses and in references. */
export function libraryIdProblems(id: string, loc: Loc): FieldProblem[] {
  if (id.length > MAX_LIBRARY_ID_CHARACTERS || !ID.test(id)) {
    const reason = `must have at most ${MAX_LIBRARY_ID_CHARACTERS} letters (a to z), digits, ".", "_" and "-", and start with a letter or digit`;
    return [wrongValue(loc, reason, id)];
  }
  return ROUTES.has(id) ? [wrongValue(loc, `must not be one of ${[...ROUTES].join(', ')}`, id)] : [];
}
