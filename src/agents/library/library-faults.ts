import { DomainError } from '../../common/errors/domain-error';
import { type Loc } from '../../common/validation/field-problems';
import { type LibraryKind } from './library-entry.entity';

const NOT_FOUND = { agent: 'AGENT_NOT_FOUND', team: 'TEAM_NOT_FOUND' } as const;
const SHOWN_ID = 100;

/**
 * Nothing is saved under an id, or not in this version.
 * @param loc where the id was named; nothing when it is that of the address
 */
export function notInLibrary(kind: LibraryKind, id: string, version?: number, loc: Loc = []): DomainError {
  const place = loc.length === 0 ? '' : `${loc.join('.')}: `;
  const which = version === undefined ? '' : ` in version ${version}`;
  return new DomainError(NOT_FOUND[kind], `${place}The library has no ${kind} '${shown(id)}'${which}.`, {
    resource_id: shown(id),
  });
}

/** The entry has changed since the client read it. */
export function versionConflict(id: string, sent: number, newest: number): DomainError {
  return new DomainError(
    'LIBRARY_VERSION_CONFLICT',
    `'${shown(id)}' was changed meanwhile: its newest version is ${newest}, not ${sent}. Read it again, or leave version out.`,
    { newest_version: newest },
  );
}

/** A new entry wants the id of another one. */
export function libraryIdTaken(kind: LibraryKind, id: string): DomainError {
  return new DomainError(
    'LIBRARY_ID_TAKEN',
    `The library has another ${kind} '${shown(id)}'. Change it with PUT, or choose another id.`,
    { resource_id: id },
  );
}

/** The entry comes with the product. */
export function entryBuiltIn(id: string): DomainError {
  return new DomainError(
    'LIBRARY_ENTRY_BUILT_IN',
    `'${shown(id)}' comes with the product and cannot be changed or deleted: save a copy under another id.`,
    { resource_id: id },
  );
}

/** No more entries are taken. */
export function libraryFull(kind: LibraryKind, max: number): DomainError {
  return new DomainError(
    'LIBRARY_FULL',
    `The library holds ${max} ${kind}s (MAX_LIBRARY_ENTRIES): delete some first.`,
    { limit: max },
  );
}

function shown(id: string): string {
  return id.length > SHOWN_ID ? `${id.slice(0, SHOWN_ID).toWellFormed()}…` : id;
}
