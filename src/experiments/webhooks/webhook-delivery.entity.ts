import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** The webhook of an experiment that is over: whether the `callback_url` has heard of it. */
@Entity('webhook_deliveries', { withoutRowid: true })
@Index('webhook_deliveries_due', ['nextAttemptAt'], { where: '"next_attempt_at" IS NOT NULL' })
export class WebhookDeliveryEntity {
  @ForeignKey('experiments', { onDelete: 'CASCADE', name: 'FK_webhook_experiment' })
  @PrimaryColumn('text', { name: 'experiment_id' })
  experimentId!: string;

  @Column('text')
  url!: string;

  @Column('text')
  state!: 'pending' | 'delivered' | 'failed';

  @Column('integer', { default: 0 })
  attempts!: number;

  /** ISO 8601, UTC; null when no further attempt is made. */
  @Column('text', { name: 'next_attempt_at', nullable: true })
  nextAttemptAt!: string | null;

  /** Why the last attempt failed: an HTTP status or a code of the system. */
  @Column('text', { name: 'last_error', nullable: true })
  lastError!: string | null;

  /** ISO 8601, UTC. */
  @Column('text', { name: 'finished_at', nullable: true })
  finishedAt!: string | null;
}
