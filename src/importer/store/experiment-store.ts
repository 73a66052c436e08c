import { type EntityManager } from 'typeorm';
import { type ExperimentRecord } from '../records/experiment-record';
import { type Here } from './decision';
import { type RecordStore } from './record-store';
import { type Row, upsertRows } from './rows';

/** The limit of the old server; nothing will run under it. */
const OLD_TIMEOUT_SECONDS = 3_600;
/** The old server drew its random choices from nowhere. */
const NO_SEED = 0;

/** Experiments. Clients can change nothing but their titles. */
export const experimentStore: RecordStore<ExperimentRecord> = {
  kind: 'experiments',

  content: ({ id: _id, title: _title, ...content }) => content,

  async here(read, ids) {
    const rows = await read.query<{ id: string; title: string }[]>(
      'SELECT id, title FROM experiments WHERE id IN (SELECT value FROM json_each(?))',
      [JSON.stringify(ids)],
    );
    return new Map(rows.map(({ id, title }): [string, Here] => [id, { title, isEdited: false }]));
  },

  write: (tx, records) =>
    upsertRows(
      tx,
      'experiments',
      records.map((record) => toRow(record)),
      ['id'],
      ['imported_at'],
    ),
};

/** Ids of experiments that this server ran itself. */
export async function ownExperiments(read: EntityManager, ids: readonly string[]): Promise<Set<string>> {
  const rows = await read.query<{ id: string }[]>(
    'SELECT id FROM experiments WHERE imported_at IS NULL AND id IN (SELECT value FROM json_each(?))',
    [JSON.stringify(ids)],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Counts what experiments keep about their runs, once these are stored. */
export async function countRuns(tx: EntityManager, ids: readonly string[]): Promise<void> {
  await tx.query(
    `UPDATE experiments SET
       (current_iteration, completed_runs, failed_runs, message_count, completed_at) = (
         SELECT COALESCE(MAX(iteration), 0), COUNT(*) FILTER (WHERE state = 'completed'),
                COUNT(*) FILTER (WHERE state = 'error'), COALESCE(SUM(message_count), 0),
                COALESCE(experiments.completed_at, MAX(finished_at), experiments.created_at)
           FROM conversations WHERE experiment_id = experiments.id)
      WHERE id IN (SELECT value FROM json_each(?))`,
    [JSON.stringify(ids)],
  );
}

function toRow({
  id,
  title,
  ending,
  task,
  agents,
  rules,
  iterations,
  createdAt,
  completedAt,
}: ExperimentRecord): Row {
  return {
    id,
    title,
    state: ending.state,
    task: JSON.stringify(task),
    agents: JSON.stringify(agents),
    chat_rules: null,
    rules: JSON.stringify(rules),
    iterations,
    root_seed: NO_SEED,
    timeout_seconds: OLD_TIMEOUT_SECONDS,
    error_code: ending.errorCode,
    error: ending.error,
    created_at: createdAt,
    completed_at: completedAt,
    imported_at: new Date().toISOString(),
  };
}
