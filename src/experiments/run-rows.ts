import { type EntityManager } from 'typeorm';

/** An open run. */
export interface OpenRunRow {
  readonly id: string;
  readonly iteration: number;
  readonly turn_count: number;
}

/** Runs that are not closed, in the order of their numbers. */
export function openRuns(manager: EntityManager, experimentId: string): Promise<OpenRunRow[]> {
  return manager.query<OpenRunRow[]>(
    `SELECT id, iteration, turn_count FROM conversations WHERE experiment_id = ? AND state = 'running' ORDER BY iteration`,
    [experimentId],
  );
}

/** The highest number of a run that was begun; 0 before the first. */
export async function lastBegunRun(manager: EntityManager, experimentId: string): Promise<number> {
  const [row] = await manager.query<{ last: number | null }[]>(
    'SELECT MAX(iteration) AS last FROM conversations WHERE experiment_id = ?',
    [experimentId],
  );
  return row?.last ?? 0;
}

/** The lowest number of an open run; null when none is open. */
export async function firstOpenRun(manager: EntityManager, experimentId: string): Promise<number | null> {
  const [row] = await manager.query<{ first: number | null }[]>(
    `SELECT MIN(iteration) AS first FROM conversations WHERE experiment_id = ? AND state = 'running'`,
    [experimentId],
  );
  return row?.first ?? null;
}

/**
 * Brings the number that existing clients see to the first open run after some have been closed; it stays with the last run
 * when none is open, and never goes back.
 */
export async function moveCurrentIteration(tx: EntityManager, experimentId: string): Promise<void> {
  const current = (await firstOpenRun(tx, experimentId)) ?? (await lastBegunRun(tx, experimentId));
  await tx.query('UPDATE experiments SET current_iteration = MAX(current_iteration, ?) WHERE id = ?', [
    current,
    experimentId,
  ]);
}
