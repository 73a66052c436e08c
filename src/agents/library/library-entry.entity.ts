import { Column, Entity, PrimaryColumn } from 'typeorm';

export type LibraryKind = 'agent' | 'team';

/** A saved agent or team: its newest version stands in `library_versions`, as do all older ones. */
@Entity('library_entries', { withoutRowid: true })
export class LibraryEntryEntity {
  /** Chosen by the client, or a UUID. */
  @PrimaryColumn('text')
  id!: string;

  @PrimaryColumn('text')
  kind!: LibraryKind;

  @Column('text')
  name!: string;

  /** Number of the newest version, from 1. */
  @Column('integer')
  version!: number;

  /** ISO 8601, UTC. */
  @Column('text', { name: 'updated_at' })
  updatedAt!: string;

  /** ISO 8601, UTC. */
  @Column('text', { name: 'created_at' })
  createdAt!: string;
}
