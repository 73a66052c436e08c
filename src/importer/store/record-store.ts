import { type EntityManager } from 'typeorm';
import { type RecordKindName } from '../report';
import { type Here } from './decision';

/** What every record has, of whatever kind. */
export interface AnyRecord {
  readonly id: string;
  /** Null for kinds that have none. */
  readonly title: string | null;
}

/** How the records of one kind are compared and stored. */
export interface RecordStore<T extends AnyRecord> {
  readonly kind: RecordKindName;
  /** All of a record but its title: what a fingerprint is made of. */
  content(record: T): unknown;
  /**
   * What is here under these ids.
   * @param lastFingerprints what the last import stored, for kinds that clients can edit
   */
  here(
    read: EntityManager,
    ids: readonly string[],
    lastFingerprints: ReadonlyMap<string, string>,
  ): Promise<Map<string, Here>>;
  /** Inserts or replaces. */
  write(tx: EntityManager, records: readonly T[]): Promise<void>;
}
