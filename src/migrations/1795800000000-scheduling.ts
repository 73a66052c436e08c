import { type MigrationInterface, type QueryRunner } from 'typeorm';

const NEW_COLUMNS: readonly (readonly [table: string, column: string, definition: string])[] = [
  ['experiments', 'parallelism', 'integer'],
  ['experiments', 'priority', "text NOT NULL DEFAULT ('normal')"],
  ['pull_tasks', 'server', "text NOT NULL DEFAULT ('all')"],
];

/** Runs side by side, how urgent an experiment is, and to which Ollama server a model is pulled. */
export class Scheduling1795800000000 implements MigrationInterface {
  name = 'Scheduling1795800000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const [table, column, definition] of NEW_COLUMNS) {
      await queryRunner.query(`ALTER TABLE "${table}" ADD COLUMN "${column}" ${definition}`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const [table, column] of NEW_COLUMNS) {
      await queryRunner.query(`ALTER TABLE "${table}" DROP COLUMN "${column}"`);
    }
  }
}
