import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What was moved in from another backend, as it was there. */
export class ImportedRecords1795560000000 implements MigrationInterface {
  name = 'ImportedRecords1795560000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "imported_records" (
        "kind" text NOT NULL,
        "id" text NOT NULL,
        "fingerprint" text NOT NULL,
        "title" text,
        PRIMARY KEY ("kind", "id")
      ) WITHOUT ROWID`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "imported_records"`);
  }
}
