import { type CatalogRecord } from '../records/catalog-record';
import { type PullTaskRecord } from '../records/pull-task-record';
import { type Here } from './decision';
import { type RecordStore } from './record-store';
import { fingerprintOf, upsertRows } from './rows';

/** Pulls. What happened cannot be changed. */
export const pullTaskStore: RecordStore<PullTaskRecord> = {
  kind: 'pull tasks',

  content: ({ id: _id, title: _title, ...content }) => content,

  async here(read, ids) {
    const rows = await read.query<{ id: string }[]>(
      'SELECT id FROM pull_tasks WHERE id IN (SELECT value FROM json_each(?))',
      [JSON.stringify(ids)],
    );
    return new Map(rows.map(({ id }): [string, Here] => [id, { title: null, isEdited: false }]));
  },

  write: (tx, records) =>
    upsertRows(
      tx,
      'pull_tasks',
      records.map((record) => ({
        id: record.id,
        model_name: record.modelName,
        status: record.ending.state,
        progress: record.progress && JSON.stringify(record.progress),
        error_code: record.ending.errorCode,
        error: record.ending.error,
        created_at: record.createdAt,
        started_at: record.startedAt,
        completed_at: record.completedAt,
        last_progress_at: record.lastProgressAt,
        retry_count: record.retryCount,
        last_retry_at: record.lastRetryAt,
      })),
      ['id'],
    ),
};

/** The catalog: one row, which an update of the catalog replaces. */
export const catalogStore: RecordStore<CatalogRecord> = {
  kind: 'catalog',

  content: ({ models, updatedAt }) => ({ models, updatedAt }),

  async here(read, ids, lastFingerprints) {
    const rows = await read.query<{ models: string; updated_at: string }[]>(
      'SELECT models, updated_at FROM model_catalogs WHERE id = 1',
    );
    return new Map(
      rows.map((row): [string, Here] => {
        const stored = { models: JSON.parse(row.models) as unknown, updatedAt: row.updated_at };
        const id = ids[0] ?? '';
        return [id, { title: null, isEdited: fingerprintOf(stored) !== lastFingerprints.get(id) }];
      }),
    );
  },

  write: (tx, records) =>
    upsertRows(
      tx,
      'model_catalogs',
      records.map(({ id, models, updatedAt }) => ({
        id: Number(id),
        models: JSON.stringify(models),
        updated_at: updatedAt,
      })),
      ['id'],
    ),
};
