import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An `Idempotency-Key` that a client sent with a request that creates something, and the answer that it got. */
@Entity('idempotency_keys', { withoutRowid: true })
@Index('idempotency_keys_age', ['createdAt'])
export class IdempotencyKeyEntity {
  @PrimaryColumn('text')
  key!: string;

  /** Method and path of the request. */
  @PrimaryColumn('text')
  route!: string;

  /** SHA-256 of the body: the same key with another body is a mistake of the client. */
  @Column('text', { name: 'request_hash' })
  requestHash!: string;

  /** Id of what is created, fixed before it is: a request that is repeated after a crash finds it. */
  @Column('text', { name: 'resource_id' })
  resourceId!: string;

  /** HTTP status of the answer; null while the first request is worked on. */
  @Column('integer', { nullable: true })
  status!: number | null;

  /** Body of the answer, JSON. */
  @Column('text', { nullable: true })
  answer!: string | null;

  /** ISO 8601, UTC. */
  @Column('text', { name: 'created_at' })
  createdAt!: string;
}
