import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { type StoredEventType } from './event-types';

/** One entry of an experiment's stream: what happened and the ids of what it tells of. */
@Entity('events', { withoutRowid: true })
export class EventEntity {
  @ForeignKey('experiments', { onDelete: 'CASCADE' })
  @PrimaryColumn('text', { name: 'experiment_id' })
  experimentId!: string;

  /** Place in the stream of its experiment: 1, 2, 3, … without a gap. */
  @PrimaryColumn('integer')
  seq!: number;

  @Column('text')
  type!: StoredEventType;

  @Column('text', { name: 'conversation_id', nullable: true })
  conversationId!: string | null;

  @Column('text', { name: 'turn_id', nullable: true })
  turnId!: string | null;

  /** The message that a `message` event tells of; its text is not stored again. */
  @Column('integer', { name: 'message_id', nullable: true })
  messageId!: number | null;

  /** Small data of the event, by type. */
  @Column('simple-json')
  data!: Record<string, unknown>;

  /** ISO 8601, UTC. */
  @Column('text', { name: 'created_at' })
  createdAt!: string;
}
