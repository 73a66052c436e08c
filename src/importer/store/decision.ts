export type Outcome = 'imported' | 'updated' | 'unchanged' | 'skipped';

/** A record at one point in time. */
export interface Version {
  /** Hash of all but the title. */
  readonly fingerprint: string;
  /** Null for kinds that have none. */
  readonly title: string | null;
}

/** A record as it is in this database. */
export interface Here {
  readonly title: string | null;
  /** Whether a client changed more than the title since it was moved in. */
  readonly isEdited: boolean;
}

export type Decision =
  | { readonly outcome: 'imported' | 'updated'; readonly title: string | null }
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'skipped'; readonly reason: string };

/**
 * What becomes of a record, from the source now, the source at the last import, and this database. What changed in the
 * source comes in; what a user changed here stays.
 */
export function decide(now: Version, last: Version | null, here: Here | null): Decision {
  if (here === null) {
    return { outcome: 'imported', title: now.title };
  }
  if (last === null) {
    return { outcome: 'skipped', reason: 'this server has one of its own under this id' };
  }
  if (!hasChanged(now, last)) {
    return { outcome: 'unchanged' };
  }
  if (here.isEdited) {
    return {
      outcome: 'skipped',
      reason: 'was changed here and in the source since the last import; the one that is here stays',
    };
  }
  const title = here.title === last.title ? now.title : here.title;
  return now.fingerprint === last.fingerprint && title === here.title
    ? { outcome: 'unchanged' }
    : { outcome: 'updated', title };
}

/** Whether the source has changed since the last import. */
export function hasChanged(now: Version, last: Version): boolean {
  return now.fingerprint !== last.fingerprint || now.title !== last.title;
}
