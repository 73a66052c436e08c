/** Something that is wrong with a request, or worth knowing before it is started. */
export interface RequestNote {
  readonly severity: 'error' | 'warning';
  /** Where it stands in the body. */
  readonly loc: readonly (string | number)[];
  /** Kind of it: a code of the list, or the type of a wrong field. */
  readonly code: string;
  readonly message: string;
}

/** A place in a JSON text (RFC 6901); empty = the whole. */
export function jsonPointer(loc: readonly (string | number)[]): string {
  return loc.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
