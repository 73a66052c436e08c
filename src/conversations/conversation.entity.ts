import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { type ErrorCode } from '../common/errors/error-codes';
import { type EndReason } from './team/next-step';

/** How a run stands. */
export type ConversationState = 'running' | 'completed' | 'error' | 'cancelled';

/** One run of an experiment. */
@Entity('conversations')
@Index('conversations_run', ['experimentId', 'iteration'], { unique: true })
export class ConversationEntity {
  /** `<experiment id>_<iteration>`. */
  @PrimaryColumn('text')
  id!: string;

  @ForeignKey('experiments', { onDelete: 'CASCADE' })
  @Column('text', { name: 'experiment_id' })
  experimentId!: string;

  /** Number of the run, from 1. */
  @Column('integer')
  iteration!: number;

  @Column('text')
  title!: string;

  @Column('text')
  state!: ConversationState;

  /** The task of this run: the prompt, or the text of its dataset item. */
  @Column('text')
  prompt!: string;

  /** Which stop rule ended it; null while it runs and when it failed. */
  @Column('simple-json', { name: 'end_reason', nullable: true })
  endReason!: EndReason | null;

  @Column('text', { name: 'error_code', nullable: true })
  errorCode!: ErrorCode | null;

  /** Text for people; set when the run failed. */
  @Column('text', { nullable: true })
  error!: string | null;

  @Column('integer', { name: 'message_count', default: 0 })
  messageCount!: number;

  /** Finished turns, empty ones included. */
  @Column('integer', { name: 'turn_count', default: 0 })
  turnCount!: number;

  /** ISO 8601, UTC. */
  @Column('text', { name: 'created_at' })
  createdAt!: string;

  @Column('text', { name: 'finished_at', nullable: true })
  finishedAt!: string | null;
}
