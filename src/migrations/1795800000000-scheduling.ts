import { type MigrationInterface, type QueryRunner } from 'typeorm';

const NEW_COLUMNS: readonly (readonly [table: string, column: string, definition: string])[] = [
  ['experiments', 'parallelism', 'integer'],
  ['experiments', 'priority', "text NOT NULL DEFAULT ('normal')"],
  ['pull_tasks', 'server', "text NOT NULL DEFAULT ('all')"],
  ['conversations', 'active_ms', 'integer NOT NULL DEFAULT (0)'],
];

/** Runs side by side, each with its own active time, how urgent an experiment is, and to which Ollama server a model is pulled. */
export class Scheduling1795800000000 implements MigrationInterface {
  name = 'Scheduling1795800000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const [table, column, definition] of NEW_COLUMNS) {
      await queryRunner.query(`ALTER TABLE "${table}" ADD COLUMN "${column}" ${definition}`);
    }
    // Active times of turns were those of the experiment; while runs came one after the other they follow from each other.
    await queryRunner.query(
      `UPDATE "turns" SET "active_ms" = MAX(0, "turns"."active_ms" - c."active_ms_at_start")
         FROM "conversations" c WHERE c."id" = "turns"."conversation_id" AND c."active_ms_at_start" > 0`,
    );
    await queryRunner.query(
      `UPDATE "conversations" SET "active_ms" = MAX(
         (SELECT COALESCE(MAX(t."active_ms"), 0) FROM "turns" t WHERE t."conversation_id" = "conversations"."id"),
         CASE "state" WHEN 'running'
           THEN (SELECT e."active_ms" - "active_ms_at_start" FROM "experiments" e WHERE e."id" = "experiment_id") ELSE 0 END)
        WHERE "experiment_id" IS NOT NULL`,
    );
    await queryRunner.query(`ALTER TABLE "conversations" DROP COLUMN "active_ms_at_start"`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE "conversations" ADD COLUMN "active_ms_at_start" integer NOT NULL DEFAULT (0)`,
    );
    await queryRunner.query(
      `UPDATE "conversations" SET "active_ms_at_start" = MAX(0, e."active_ms" - "conversations"."active_ms")
         FROM "experiments" e WHERE e."id" = "conversations"."experiment_id" AND "conversations"."state" = 'running'`,
    );
    await queryRunner.query(
      `UPDATE "turns" SET "active_ms" = "turns"."active_ms" + c."active_ms_at_start"
         FROM "conversations" c WHERE c."id" = "turns"."conversation_id" AND c."active_ms_at_start" > 0`,
    );
    for (const [table, column] of NEW_COLUMNS.toReversed()) {
      await queryRunner.query(`ALTER TABLE "${table}" DROP COLUMN "${column}"`);
    }
  }
}
