import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import { type ErrorCode } from '../common/errors/error-codes';
import { type CallPurpose } from '../ollama/model-caller';

/** Every request to a model, with what it was asked and what it cost. */
@Entity('model_calls')
@Index('model_calls_conversation', ['conversationId'])
@Index('model_calls_model', ['model', 'id'])
export class ModelCallEntity {
  @PrimaryGeneratedColumn()
  id!: number;

  @ForeignKey('conversations', { onDelete: 'CASCADE' })
  @Column('text', { name: 'conversation_id' })
  conversationId!: string;

  /** The attempt at a turn that it belongs to. */
  @Column('text', { name: 'turn_id', nullable: true })
  turnId!: string | null;

  @Column('text')
  purpose!: CallPurpose;

  @Column('text')
  model!: string;

  /** Digest of the model as Ollama lists it; null when it could not be read. */
  @Column('text', { name: 'model_digest', nullable: true })
  modelDigest!: string | null;

  /** Options as sent. */
  @Column('simple-json')
  options!: Record<string, unknown>;

  /** SHA-256 of the request as sent: equal requests have equal hashes. */
  @Column('text', { name: 'request_hash' })
  requestHash!: string;

  /** `ok`, or the code of the failure. */
  @Column('text')
  outcome!: ErrorCode | 'ok';

  @Column('integer', { name: 'prompt_tokens', default: 0 })
  promptTokens!: number;

  @Column('integer', { name: 'completion_tokens', default: 0 })
  completionTokens!: number;

  /** Milliseconds in our own queue. */
  @Column('real', { name: 'queue_ms', default: 0 })
  queueMs!: number;

  /** Milliseconds until Ollama had the model ready. */
  @Column('real', { name: 'load_ms', default: 0 })
  loadMs!: number;

  /** Milliseconds of prompt evaluation. */
  @Column('real', { name: 'prompt_ms', default: 0 })
  promptMs!: number;

  /** Milliseconds of generation. */
  @Column('real', { name: 'generate_ms', default: 0 })
  generateMs!: number;

  /** Milliseconds from our request to its end. */
  @Column('real', { name: 'total_ms', default: 0 })
  totalMs!: number;

  /** ISO 8601, UTC. */
  @Column('text', { name: 'started_at' })
  startedAt!: string;
}
