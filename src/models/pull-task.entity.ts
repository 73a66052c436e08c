import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { type ErrorCode } from '../common/errors/error-codes';
import { ALL_SERVERS } from '../ollama/server-choice';
import { type PullProgress } from './pull-progress';

/** How a pull stands. */
export const PULL_STATUSES = ['pending', 'running', 'completed', 'error', 'cancelled'] as const;

export type PullStatus = (typeof PULL_STATUSES)[number];

/** A model that is, or was, pulled. Every change of status is stored at once, progress at its throttled pace. */
@Entity('pull_tasks')
@Index('pull_tasks_newest', ['createdAt', 'id'])
export class PullTaskEntity {
  /** UUID. */
  @PrimaryColumn('text')
  id!: string;

  /** As it was asked for, trimmed. */
  @Column('text', { name: 'model_name' })
  modelName!: string;

  /** Address of the Ollama server, or ALL_SERVERS. */
  @Column('text', { default: ALL_SERVERS })
  server!: string;

  @Column('text')
  status!: PullStatus;

  /** Where it is; null before the first line of Ollama. */
  @Column('simple-json', { nullable: true })
  progress!: PullProgress | null;

  @Column('text', { name: 'error_code', nullable: true })
  errorCode!: ErrorCode | null;

  /** Text for people; set when it failed. */
  @Column('text', { nullable: true })
  error!: string | null;

  /** ISO 8601, UTC. */
  @Column('text', { name: 'created_at' })
  createdAt!: string;

  /** ISO 8601, UTC; when it got a slot. */
  @Column('text', { name: 'started_at', nullable: true })
  startedAt!: string | null;

  /** ISO 8601, UTC; when it ended. */
  @Column('text', { name: 'completed_at', nullable: true })
  completedAt!: string | null;

  /** ISO 8601, UTC; when a byte moved last. */
  @Column('text', { name: 'last_progress_at', nullable: true })
  lastProgressAt!: string | null;

  /** Further tries made so far. */
  @Column('integer', { name: 'retry_count', default: 0 })
  retryCount!: number;

  /** ISO 8601, UTC. */
  @Column('text', { name: 'last_retry_at', nullable: true })
  lastRetryAt!: string | null;
}
