import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { type ErrorCode } from '../common/errors/error-codes';
import { type SpeakerChoice } from './speaker-choice';

/**
 * `empty` = the model said nothing: the turn counts, but there is no message. `discarded` = it ended well and was taken back
 * to be made again.
 */
export type TurnState = 'running' | 'completed' | 'empty' | 'failed' | 'discarded';

/** One attempt at one turn. Whatever decides the next turn is here. */
@Entity('turns')
@Index('turns_attempt', ['conversationId', 'turn', 'attempt'], { unique: true })
export class TurnEntity {
  /** UUID. */
  @PrimaryColumn('text')
  id!: string;

  @ForeignKey('conversations', { onDelete: 'CASCADE' })
  @Column('text', { name: 'conversation_id' })
  conversationId!: string;

  /** Number of the turn in its conversation, from 1. */
  @Column('integer')
  turn!: number;

  /** Number of the attempt at this turn, from 1. */
  @Column('integer')
  attempt!: number;

  /** Id of the agent whose turn it is. */
  @Column('text', { name: 'agent_id' })
  agentId!: string;

  /** Name of that agent. */
  @Column('text')
  speaker!: string;

  @Column('text')
  state!: TurnState;

  /** How the speaker was chosen. */
  @Column('simple-json')
  choice!: SpeakerChoice;

  /** Number of the last message that the agent saw. */
  @Column('integer', { name: 'context_upto_seq' })
  contextUptoSeq!: number;

  @Column('text', { name: 'error_code', nullable: true })
  errorCode!: ErrorCode | null;

  @Column('text', { nullable: true })
  error!: string | null;

  /** What had been said when the attempt failed, or was stored last while it runs; the whole text of a discarded turn. */
  @Column('text', { name: 'partial_text', nullable: true })
  partialText!: string | null;

  /** What the model thought before it spoke. */
  @Column('text', { nullable: true })
  thinking!: string | null;

  /** ISO 8601, UTC. */
  @Column('text', { name: 'started_at' })
  startedAt!: string;

  @Column('text', { name: 'finished_at', nullable: true })
  finishedAt!: string | null;
}
