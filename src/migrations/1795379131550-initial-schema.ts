import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** All tables of the first release. */
export class InitialSchema1795379131550 implements MigrationInterface {
  name = 'InitialSchema1795379131550';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) {
      await queryRunner.query(statement);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of TABLES) {
      await queryRunner.query(`DROP TABLE "${table}"`);
    }
  }
}

/** Those that refer to others first. */
const TABLES = ['events', 'messages', 'model_calls', 'turns', 'conversations', 'experiments'];

const STATEMENTS = [
  `CREATE TABLE "experiments" (
    "id" text PRIMARY KEY NOT NULL,
    "title" text NOT NULL,
    "state" text NOT NULL,
    "task" text NOT NULL,
    "agents" text NOT NULL,
    "chat_rules" text,
    "rules" text NOT NULL,
    "iterations" integer NOT NULL,
    "current_iteration" integer NOT NULL DEFAULT (0),
    "completed_runs" integer NOT NULL DEFAULT (0),
    "failed_runs" integer NOT NULL DEFAULT (0),
    "message_count" integer NOT NULL DEFAULT (0),
    "last_seq" integer NOT NULL DEFAULT (0),
    "root_seed" integer NOT NULL,
    "timeout_seconds" real NOT NULL,
    "active_ms" integer NOT NULL DEFAULT (0),
    "error_code" text,
    "error" text,
    "created_at" text NOT NULL,
    "completed_at" text
  )`,
  `CREATE INDEX "experiments_state" ON "experiments" ("state")`,
  `CREATE INDEX "experiments_newest" ON "experiments" ("created_at", "id")`,
  `CREATE TABLE "conversations" (
    "id" text PRIMARY KEY NOT NULL,
    "experiment_id" text NOT NULL,
    "iteration" integer NOT NULL,
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
    CONSTRAINT "FK_32e66b2f0008d2dc677c4255f6f" FOREIGN KEY ("experiment_id") REFERENCES "experiments" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
  )`,
  `CREATE UNIQUE INDEX "conversations_run" ON "conversations" ("experiment_id", "iteration")`,
  `CREATE TABLE "turns" (
    "id" text PRIMARY KEY NOT NULL,
    "conversation_id" text NOT NULL,
    "turn" integer NOT NULL,
    "attempt" integer NOT NULL,
    "agent_id" text NOT NULL,
    "speaker" text NOT NULL,
    "state" text NOT NULL,
    "choice" text NOT NULL,
    "context_upto_seq" integer NOT NULL,
    "error_code" text,
    "error" text,
    "partial_text" text,
    "thinking" text,
    "started_at" text NOT NULL,
    "finished_at" text,
    CONSTRAINT "FK_2abd4c580bb162741fd92b27c57" FOREIGN KEY ("conversation_id") REFERENCES "conversations" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
  )`,
  `CREATE UNIQUE INDEX "turns_attempt" ON "turns" ("conversation_id", "turn", "attempt")`,
  `CREATE TABLE "model_calls" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    "conversation_id" text NOT NULL,
    "turn_id" text,
    "purpose" text NOT NULL,
    "model" text NOT NULL,
    "model_digest" text,
    "options" text NOT NULL,
    "request_hash" text NOT NULL,
    "outcome" text NOT NULL,
    "prompt_tokens" integer NOT NULL DEFAULT (0),
    "completion_tokens" integer NOT NULL DEFAULT (0),
    "queue_ms" real NOT NULL DEFAULT (0),
    "load_ms" real NOT NULL DEFAULT (0),
    "prompt_ms" real NOT NULL DEFAULT (0),
    "generate_ms" real NOT NULL DEFAULT (0),
    "total_ms" real NOT NULL DEFAULT (0),
    "started_at" text NOT NULL,
    CONSTRAINT "FK_cdc51c68491c4a5ab209c373f39" FOREIGN KEY ("conversation_id") REFERENCES "conversations" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
  )`,
  `CREATE INDEX "model_calls_conversation" ON "model_calls" ("conversation_id")`,
  `CREATE TABLE "messages" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    "message_id" text NOT NULL,
    "conversation_id" text NOT NULL,
    "seq" integer NOT NULL,
    "turn_id" text,
    "agent_id" text NOT NULL,
    "speaker" text NOT NULL,
    "content" text NOT NULL,
    "created_at" text NOT NULL,
    CONSTRAINT "FK_3bc55a7c3f9ed54b520bb5cfe23" FOREIGN KEY ("conversation_id") REFERENCES "conversations" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
  )`,
  `CREATE UNIQUE INDEX "messages_place" ON "messages" ("conversation_id", "seq")`,
  `CREATE TABLE "events" (
    "experiment_id" text NOT NULL,
    "seq" integer NOT NULL,
    "type" text NOT NULL,
    "conversation_id" text,
    "turn_id" text,
    "message_id" integer,
    "data" text NOT NULL,
    "created_at" text NOT NULL,
    CONSTRAINT "FK_397ea5d2274338f7e5b8ae5a825" FOREIGN KEY ("experiment_id") REFERENCES "experiments" ("id") ON DELETE CASCADE ON UPDATE NO ACTION,
    PRIMARY KEY ("experiment_id", "seq")
  ) WITHOUT ROWID`,
];
