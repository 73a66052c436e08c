import { ValidationFailedError } from '../../common/errors/domain-error';
import { type Loc, wrongValue } from '../../common/validation/field-problems';
import { isPlainObject } from '../../common/validation/unsafe-values';
import { type LibraryKind } from './library-entry.entity';
import { notInLibrary } from './library-faults';
import { type LibraryDefinition, type LibraryItem, type LibraryUse } from './library-item';

/** Finds a version of an entry, the newest when none is named; null when there is none. */
export type FindEntry<D extends LibraryDefinition> = (
  id: string,
  version?: number,
) => Promise<LibraryItem<D> | null>;

/** `{"ref": "agents/<id>", "version"?: n, …}`: what else stands in it counts more than what is saved. */
export interface Reference {
  readonly id: string;
  readonly version?: number;
  readonly overrides: Readonly<Record<string, unknown>>;
}

/** What stands for a reference. */
export interface Referred<D extends LibraryDefinition> {
  readonly definition: D;
  readonly use: LibraryUse;
}

/** Whether something that a client sent names an entry of the library. */
export function isReference(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return isPlainObject(raw) && Object.hasOwn(raw, 'ref');
}

/**
 * Reads a reference to an entry of one kind.
 * @throws ValidationFailedError
 */
export function readReference(
  { ref, version, ...overrides }: Readonly<Record<string, unknown>>,
  kind: LibraryKind,
  loc: Loc,
): Reference {
  const prefix = `${kind}s/`;
  if (typeof ref !== 'string' || !ref.startsWith(prefix) || ref.length === prefix.length) {
    throw new ValidationFailedError([wrongValue([...loc, 'ref'], `must be "${prefix}<id>"`, ref)]);
  }
  const id = ref.slice(prefix.length);
  if (version === undefined || version === null) {
    return { id, overrides };
  }
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    const reason = 'must be the number of a version, from 1';
    throw new ValidationFailedError([wrongValue([...loc, 'version'], reason, version)]);
  }
  return { id, version, overrides };
}

/**
 * Finds what a reference names.
 * @throws DomainError AGENT_NOT_FOUND, TEAM_NOT_FOUND
 */
export async function refer<D extends LibraryDefinition>(
  { id, version }: Reference,
  kind: LibraryKind,
  loc: Loc,
  find: FindEntry<D>,
): Promise<Referred<D>> {
  const item = await find(id, version);
  if (item === null) {
    throw notInLibrary(kind, id, version, [...loc, 'ref']);
  }
  return { definition: item.definition, use: { ref: `${kind}s/${id}`, version: item.version } };
}

/** A definition with other values in the place of some; of `options`, each one by itself. */
export function overridden(
  definition: object,
  overrides: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const saved = definition as Record<string, unknown>;
  const { options } = overrides;
  return {
    ...saved,
    ...overrides,
    ...(isPlainObject(options) && isPlainObject(saved['options'])
      ? { options: { ...saved['options'], ...options } }
      : {}),
  };
}
