import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { type DatabaseSchema } from '../database-schema';

/** Two small tables, so that specs of the database need no feature. */
class CreateNotes1000000000000 implements MigrationInterface {
  name = 'CreateNotes1000000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE TABLE notes (id integer PRIMARY KEY, text text NOT NULL)');
    await queryRunner.query(
      'CREATE TABLE remarks (note_id integer NOT NULL REFERENCES notes (id) ON DELETE CASCADE)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE remarks');
    await queryRunner.query('DROP TABLE notes');
  }
}

export const notesSchema: DatabaseSchema = { entities: [], migrations: [CreateNotes1000000000000] };
