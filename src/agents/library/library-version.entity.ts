import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type LibraryKind } from './library-entry.entity';

/** One version of a saved agent or team; it never changes. */
@Entity('library_versions', { withoutRowid: true })
export class LibraryVersionEntity {
  @PrimaryColumn('text')
  kind!: LibraryKind;

  @PrimaryColumn('text', { name: 'entry_id' })
  entryId!: string;

  /** From 1. */
  @PrimaryColumn('integer')
  version!: number;

  @Column('text')
  name!: string;

  /** As it was saved, defaults filled in. */
  @Column('simple-json')
  definition!: unknown;

  /** ISO 8601, UTC. */
  @Column('text', { name: 'created_at' })
  createdAt!: string;
}
