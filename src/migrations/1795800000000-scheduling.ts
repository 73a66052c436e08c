import { type MigrationInterface, type QueryRunner } from 'typeorm';

const NEW_COLUMNS: readonly (readonly [table: string, column: string, definition: string])[] = [
  ['experiments', 'parallelism', 'integer'],
  ['experiments', 'priority', "text NOT NULL DEFAULT ('normal')"],
];

/** Runs side by side, and how urgent an experiment is. */
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
