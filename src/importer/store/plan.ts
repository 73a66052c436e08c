import { type EntityManager } from 'typeorm';
import { type Report } from '../report';
import { decide, type Decision, hasChanged, type Version } from './decision';
import { type AnyRecord, type RecordStore } from './record-store';
import { fingerprintOf, upsertRows } from './rows';

/** A record and the file that it came from. */
export interface Incoming<T> {
  readonly record: T;
  /** Relative to the source. */
  readonly path: string;
}

/** What is to be done with some records of one kind. */
export interface Plan {
  /** Ids of the records that change something. */
  readonly changed: readonly string[];
  readonly write: (tx: EntityManager) => Promise<void>;
  /** Counts what became of them, once it is done. */
  readonly tell: (report: Report) => void;
}

/** Compares records with what is here and decides about each. */
export async function planFor<T extends AnyRecord>(
  store: RecordStore<T>,
  incoming: readonly Incoming<T>[],
  read: EntityManager | null,
): Promise<Plan> {
  const versions = incoming.map(({ record }): Version => {
    return { fingerprint: fingerprintOf(store.content(record)), title: record.title };
  });
  const decisions = await decisionsFor(store, incoming, versions, read);
  const changes = incoming.flatMap(({ record }, index) => {
    const decision = decisions[index];
    const version = versions[index];
    return version && (decision?.outcome === 'imported' || decision?.outcome === 'updated')
      ? [{ record: { ...record, title: decision.title }, version }]
      : [];
  });
  return {
    changed: changes.map(({ record }) => record.id),
    write: async (tx) => {
      if (changes.length > 0) {
        await store.write(
          tx,
          changes.map(({ record }) => record),
        );
        await remember(
          tx,
          store.kind,
          changes.map(({ record, version }) => ({ id: record.id, ...version })),
        );
      }
    },
    tell: (report) => {
      for (const [index, { path }] of incoming.entries()) {
        const decision = decisions[index];
        if (decision?.outcome === 'skipped') {
          report.skip(store.kind, path, decision.reason);
        } else if (decision) {
          report.count(store.kind, decision.outcome);
        }
      }
    },
  };
}

async function decisionsFor<T extends AnyRecord>(
  store: RecordStore<T>,
  incoming: readonly Incoming<T>[],
  versions: readonly Version[],
  read: EntityManager | null,
): Promise<Decision[]> {
  const ids = incoming.map(({ record }) => record.id);
  const last = read === null ? new Map<string, Version>() : await lastImports(read, store.kind, ids);
  // To know whether a client edited a record means to read all of it: only worth it where the source has changed.
  const fingerprints = new Map<string, string>();
  for (const [index, version] of versions.entries()) {
    const id = ids[index] ?? '';
    const before = last.get(id);
    if (before && hasChanged(version, before)) {
      fingerprints.set(id, before.fingerprint);
    }
  }
  const here = read === null ? new Map<string, never>() : await store.here(read, ids, fingerprints);
  return versions.map((version, index) => {
    const id = ids[index] ?? '';
    return decide(version, last.get(id) ?? null, here.get(id) ?? null);
  });
}

async function lastImports(
  read: EntityManager,
  kind: string,
  ids: readonly string[],
): Promise<Map<string, Version>> {
  const rows = await read.query<(Version & { id: string })[]>(
    'SELECT id, fingerprint, title FROM imported_records WHERE kind = ? AND id IN (SELECT value FROM json_each(?))',
    [kind, JSON.stringify(ids)],
  );
  return new Map(rows.map(({ id, fingerprint, title }) => [id, { fingerprint, title }]));
}

function remember(
  tx: EntityManager,
  kind: string,
  records: readonly (Version & { readonly id: string })[],
): Promise<void> {
  return upsertRows(
    tx,
    'imported_records',
    records.map(({ id, fingerprint, title }) => ({ kind, id, fingerprint, title })),
    ['kind', 'id'],
  );
}
