import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';

/** Something that was said. */
@Entity('messages')
@Index('messages_place', ['conversationId', 'seq'], { unique: true })
export class MessageEntity {
  @PrimaryGeneratedColumn()
  id!: number;

  /** Under which clients know it: a UUID, or what a client that saved it chose. */
  @Column('text', { name: 'message_id' })
  messageId!: string;

  @ForeignKey('conversations', { onDelete: 'CASCADE' })
  @Column('text', { name: 'conversation_id' })
  conversationId!: string;

  /** Place in the conversation, from 1 (in a run the prompt, said by `System`). */
  @Column('integer')
  seq!: number;

  /** The turn that it came from; null for the prompt and for what was saved or moved in. */
  @Column('text', { name: 'turn_id', nullable: true })
  turnId!: string | null;

  @Column('text', { name: 'agent_id' })
  agentId!: string;

  /** Name of the agent; `System` for the prompt. */
  @Column('text')
  speaker!: string;

  /** `model` as a client saved it; null in runs, where clients are shown the speaker instead, and where none was sent. */
  @Column('text', { nullable: true })
  model!: string | null;

  @Column('text')
  content!: string;

  /** ISO 8601, UTC. */
  @Column('text', { name: 'created_at' })
  createdAt!: string;
}
