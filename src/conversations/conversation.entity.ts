import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { type ErrorCode } from '../common/errors/error-codes';
import { type ConversationAgent } from './conversation.dto';
import { type EndReason } from './team/end-reason';

/** How a run stands; a saved conversation is `completed`. */
export type ConversationState = 'running' | 'completed' | 'error' | 'cancelled';

/** A run of an experiment, or a conversation that a client saved or imported. */
@Entity('conversations')
@Index('conversations_run', ['experimentId', 'iteration'], { unique: true })
@Index('conversations_newest_import', ['importedAt', 'id'], { where: '"imported_at" IS NOT NULL' })
export class ConversationEntity {
  /** Of a run `<experiment id>_<iteration>`; of a saved conversation any text that its client chose. */
  @PrimaryColumn('text')
  id!: string;

  /** Null when it was saved by a client. */
  @ForeignKey('experiments', { onDelete: 'CASCADE' })
  @Column('text', { name: 'experiment_id', nullable: true })
  experimentId!: string | null;

  /** Number of the run, from 1; null when it was saved by a client. */
  @Column('integer', { nullable: true })
  iteration!: number | null;

  /** The agents as they were saved or moved in; null for runs of this server, which show those of their experiment. */
  @Column('simple-json', { nullable: true })
  agents!: ConversationAgent[] | null;

  /** Where a saved conversation comes from, `import` for most; null for runs. */
  @Column('text', { nullable: true })
  source!: string | null;

  /**
   * ISO 8601, UTC; when it was saved or imported by a client. Null for runs, and for a saved conversation whose messages are
   * still being written: nobody sees it before it is whole.
   */
  @Column('text', { name: 'imported_at', nullable: true })
  importedAt!: string | null;

  @Column('text')
  title!: string;

  @Column('text')
  state!: ConversationState;

  /** The task of this run: the prompt, or the text of its dataset item; empty for a saved conversation. */
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

  /** Active milliseconds of the run so far: what it waited for a slot of a model server does not count. */
  @Column('integer', { name: 'active_ms', default: 0 })
  activeMs!: number;

  /** ISO 8601, UTC. */
  @Column('text', { name: 'created_at' })
  createdAt!: string;

  @Column('text', { name: 'finished_at', nullable: true })
  finishedAt!: string | null;
}
