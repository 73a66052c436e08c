import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Conversations that clients save, data that is moved in from another backend, pulls, and the catalog. */
export class SavedConversationsAndPulls1795550000000 implements MigrationInterface {
  name = 'SavedConversationsAndPulls1795550000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) {
      await queryRunner.query(statement);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) {
      await queryRunner.query(statement);
    }
  }
}

const RUN_COLUMNS =
  '"id", "experiment_id", "iteration", "title", "state", "prompt", "end_reason", "error_code", "error", ' +
  '"message_count", "turn_count", "created_at", "finished_at"';

const OWN_COLUMNS = '"agents" text, "source" text, "imported_at" text,';

/** SQLite cannot change whether a column may be null: the table is written anew. TypeORM switches foreign keys off for it. */
const rebuildConversations = (nullability: '' | ' NOT NULL', ownColumns: string) => [
  `CREATE TABLE "new_conversations" (
    "id" text PRIMARY KEY NOT NULL,
    "experiment_id" text${nullability},
    "iteration" integer${nullability},
    "title" text NOT NULL,
    "state" text NOT NULL,
    "prompt" text NOT NULL,
    "end_reason" text,
    "error_code" text,
    "error" text,
    "message_count" integer NOT NULL DEFAULT (0),
    "turn_count" integer NOT NULL DEFAULT (0),
    "created_at" text NOT NULL,
    "finished_at" text,
    ${ownColumns}
    CONSTRAINT "FK_32e66b2f0008d2dc677c4255f6f" FOREIGN KEY ("experiment_id") REFERENCES "experiments" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
  )`,
  `INSERT INTO "new_conversations" (${RUN_COLUMNS}) SELECT ${RUN_COLUMNS} FROM "conversations"`,
  `DROP TABLE "conversations"`,
  `ALTER TABLE "new_conversations" RENAME TO "conversations"`,
  `CREATE UNIQUE INDEX "conversations_run" ON "conversations" ("experiment_id", "iteration")`,
];

const UP = [
  ...rebuildConversations('', OWN_COLUMNS),
  `CREATE INDEX "conversations_newest_import" ON "conversations" ("imported_at", "id") WHERE "imported_at" IS NOT NULL`,
  `ALTER TABLE "messages" ADD COLUMN "model" text`,
  `ALTER TABLE "experiments" ADD COLUMN "imported_at" text`,
  `CREATE TABLE "pull_tasks" (
    "id" text PRIMARY KEY NOT NULL,
    "model_name" text NOT NULL,
    "status" text NOT NULL,
    "progress" text,
    "error_code" text,
    "error" text,
    "created_at" text NOT NULL,
    "started_at" text,
    "completed_at" text,
    "last_progress_at" text,
    "retry_count" integer NOT NULL DEFAULT (0),
    "last_retry_at" text
  )`,
  `CREATE INDEX "pull_tasks_newest" ON "pull_tasks" ("created_at", "id")`,
  `CREATE TABLE "model_catalogs" (
    "id" integer PRIMARY KEY NOT NULL,
    "models" text NOT NULL,
    "updated_at" text NOT NULL
  )`,
];

/** What clients saved has no place in the older tables. */
const DOWN = [
  `DROP TABLE "model_catalogs"`,
  `DROP TABLE "pull_tasks"`,
  `ALTER TABLE "experiments" DROP COLUMN "imported_at"`,
  `DELETE FROM "messages" WHERE "conversation_id" IN (SELECT "id" FROM "conversations" WHERE "experiment_id" IS NULL)`,
  `ALTER TABLE "messages" DROP COLUMN "model"`,
  `DELETE FROM "conversations" WHERE "experiment_id" IS NULL`,
  `DROP INDEX "conversations_newest_import"`,
  ...rebuildConversations(' NOT NULL', ''),
];
