import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * A record of another backend as it was when it was moved in last. With it a further import knows what has changed there,
 * and leaves alone what was only changed here.
 */
@Entity('imported_records', { withoutRowid: true })
export class ImportedRecordEntity {
  /** What it is, for example `experiments` or `runs`. */
  @PrimaryColumn('text')
  kind!: string;

  @PrimaryColumn('text')
  id!: string;

  /** SHA-256 of all but its title, as it was stored. */
  @Column('text')
  fingerprint!: string;

  /** Its title in the source; null for kinds that have none. */
  @Column('text', { nullable: true })
  title!: string | null;
}
