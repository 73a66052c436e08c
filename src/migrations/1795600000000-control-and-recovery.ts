import { type MigrationInterface, type QueryRunner } from 'typeorm';

const EXPERIMENT_COLUMNS = [
  '"pause_reason" text',
  '"queued_at" text',
  '"crash_starts" integer NOT NULL DEFAULT (0)',
  '"alone_crashes" integer NOT NULL DEFAULT (0)',
  '"runs_alone" boolean NOT NULL DEFAULT (0)',
  '"turns_at_start" integer NOT NULL DEFAULT (0)',
  '"rerun_of" text',
  '"source_iterations" text',
  '"callback_url" text',
];

/** Control of experiments, what outlives a crash, webhooks and idempotency keys. */
export class ControlAndRecovery1795600000000 implements MigrationInterface {
  name = 'ControlAndRecovery1795600000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const column of EXPERIMENT_COLUMNS) {
      await queryRunner.query(`ALTER TABLE "experiments" ADD COLUMN ${column}`);
    }
    await queryRunner.query(
      `CREATE TABLE "webhook_deliveries" (
        "experiment_id" text PRIMARY KEY NOT NULL,
        "url" text NOT NULL,
        "state" text NOT NULL,
        "attempts" integer NOT NULL DEFAULT (0),
        "next_attempt_at" text,
        "last_error" text,
        "finished_at" text,
        CONSTRAINT "FK_webhook_experiment" FOREIGN KEY ("experiment_id") REFERENCES "experiments" ("id") ON DELETE CASCADE
      ) WITHOUT ROWID`,
    );
    await queryRunner.query(
      `CREATE INDEX "webhook_deliveries_due" ON "webhook_deliveries" ("next_attempt_at") WHERE "next_attempt_at" IS NOT NULL`,
    );
    await queryRunner.query(
      `CREATE TABLE "idempotency_keys" (
        "key" text NOT NULL,
        "route" text NOT NULL,
        "request_hash" text NOT NULL,
        "resource_id" text NOT NULL,
        "status" integer,
        "answer" text,
        "created_at" text NOT NULL,
        PRIMARY KEY ("key", "route")
      ) WITHOUT ROWID`,
    );
    await queryRunner.query(`CREATE INDEX "idempotency_keys_age" ON "idempotency_keys" ("created_at")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "idempotency_keys"`);
    await queryRunner.query(`DROP TABLE "webhook_deliveries"`);
    for (const column of EXPERIMENT_COLUMNS.toReversed()) {
      await queryRunner.query(`ALTER TABLE "experiments" DROP COLUMN ${column.split(' ', 1)[0]}`);
    }
  }
}
