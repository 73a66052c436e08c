/**
 * SQL for the number of turns of an experiment (its id, bound twice) that have ended: those published, and those that wait in a
 * step for the ones beside them, which are progress, too.
 */
export const ENDED_TURNS = `SELECT
  (SELECT COALESCE(SUM(turn_count), 0) FROM conversations WHERE experiment_id = ?)
  + (SELECT COUNT(*) FROM conversations c JOIN turns t ON t.conversation_id = c.id
      WHERE c.experiment_id = ? AND c.state = 'running' AND t.state = 'held')`;
