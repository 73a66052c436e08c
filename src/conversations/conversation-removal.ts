import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { Database } from '../database/database';

/** Rows of one step: a step needs room in the log of the database, and on a full volume there is little. */
const STEP_ROWS = 500;

/** Rows of a conversation, in the order in which they go. */
const TABLES = ['messages', 'model_calls', 'turns'] as const;

/** Of some ids those of conversations that nobody sees: they belong to no experiment and were not saved, or not yet. */
const HIDDEN_SQL = `SELECT id FROM conversations WHERE id IN (SELECT value FROM json_each(?))
   AND experiment_id IS NULL AND imported_at IS NULL`;

/**
 * Removes conversations, however long: they vanish in one short transaction, and their rows then go in steps. What a
 * server that was killed has left of them goes at the next start.
 */
@Injectable()
export class ConversationRemoval implements OnModuleInit {
  private readonly logger = new Logger(ConversationRemoval.name);

  constructor(private readonly database: Database) {}

  /** Removes what a server that was killed left half-written or half-removed. */
  async onModuleInit(): Promise<void> {
    const rows = await this.database.read.query<{ id: string }[]>(
      'SELECT id FROM conversations WHERE experiment_id IS NULL AND imported_at IS NULL',
    );
    if (rows.length > 0) {
      await this.removeHidden(rows.map(({ id }) => id));
      this.logger.warn('half-written conversations were removed', { count: rows.length });
    }
  }

  /** Removes a saved conversation with its messages; false when it is gone already. */
  async removeSaved(id: string): Promise<boolean> {
    const hidden = await this.hide((tx) =>
      tx.query(
        `UPDATE conversations SET imported_at = NULL
          WHERE id = ? AND experiment_id IS NULL AND imported_at IS NOT NULL RETURNING id`,
        [id],
      ),
    );
    return hidden > 0;
  }

  /** Removes the runs of an experiment, together with the experiment, which `removeIt` removes. */
  async removeRuns(experimentId: string, removeIt: (tx: EntityManager) => Promise<unknown>): Promise<void> {
    await this.hide(async (tx) => {
      const runs = await tx.query<{ id: string }[]>(
        'UPDATE conversations SET experiment_id = NULL WHERE experiment_id = ? RETURNING id',
        [experimentId],
      );
      await removeIt(tx);
      return runs;
    });
  }

  /** Removes those of these conversations that are hidden. They are gone for everybody, so a failure is no failure. */
  async removeHidden(ids: readonly string[]): Promise<void> {
    const parameters = [JSON.stringify(ids)];
    try {
      for (const table of TABLES) {
        const step = `DELETE FROM ${table} WHERE id IN
          (SELECT id FROM ${table} WHERE conversation_id IN (${HIDDEN_SQL}) LIMIT ${STEP_ROWS}) RETURNING id`;
        while ((await this.rowsOf(step, parameters)) === STEP_ROWS) {
          // The next step.
        }
      }
      await this.rowsOf(`DELETE FROM conversations WHERE id IN (${HIDDEN_SQL}) RETURNING id`, parameters);
    } catch (error) {
      this.logger.warn('what is left of removed conversations goes at the next start', { error });
    }
  }

  private async hide(work: (tx: EntityManager) => Promise<{ id: string }[]>): Promise<number> {
    const rows = await this.database.write(work, { makesRoom: true });
    if (rows.length > 0) {
      await this.removeHidden(rows.map(({ id }) => id));
    }
    return rows.length;
  }

  private rowsOf(statement: string, parameters: readonly string[]): Promise<number> {
    return this.database.write(async (tx) => (await tx.query<unknown[]>(statement, [...parameters])).length, {
      makesRoom: true,
    });
  }
}
