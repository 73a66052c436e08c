import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { type ErrorCode } from '../common/errors/error-codes';
import { type SpeakerChoice } from './team/speaker-choice';
import { type Place, type TurnKind } from './team/turn-record';
import { type TurnTask } from '../agents/turn-task';
import { type ContextUse } from '../agents/prompt/context-use';

/**
 * `empty` = the model said nothing: the turn counts, but there is no message. `held` = it ended well and its message is published
 * with those of the turns beside it. `skipped` = a nested team was passed over. `discarded` = it ended well and was taken back to
 * be made again.
 */
export type TurnState = 'running' | 'held' | 'completed' | 'empty' | 'skipped' | 'failed' | 'discarded';

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

  /** Number of the first turn of its step: turns of one step are taken side by side and hear what was said before it. */
  @Column('integer', { default: 0 })
  step!: number;

  @Column('text', { default: 'reply' })
  kind!: TurnKind;

  /** Where it stands in the tree of teams; null for turns of servers before there were nested teams. */
  @Column('simple-json', { nullable: true })
  place!: Place | null;

  /** What the agent is to do; null = to reply. */
  @Column('simple-json', { nullable: true })
  task!: TurnTask | null;

  /** Id of the agent whose turn it is; empty for a team that was passed over. */
  @Column('text', { name: 'agent_id' })
  agentId!: string;

  /** Name of that agent, or of that team. */
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

  /** To whom the speaker handed over. */
  @Column('text', { nullable: true })
  handoff!: string | null;

  /** Names of the tools that were called. */
  @Column('simple-json', { nullable: true })
  tools!: string[] | null;

  /** The structured answer, or the ballot. */
  @Column('simple-json', { nullable: true })
  parsed!: unknown;

  /** Why the answer does not fit its schema, the ballot could not be read, or to whom the speaker hands over could not. */
  @Column('text', { name: 'format_error', nullable: true })
  formatError!: string | null;

  /** How the prompt fitted the context of its model; null when nothing was cut. */
  @Column('simple-json', { nullable: true })
  context!: ContextUse | null;

  /** Active milliseconds of the run at its end. */
  @Column('integer', { name: 'active_ms', default: 0 })
  activeMs!: number;

  /**
   * What had been said when the attempt failed, or was stored last while it runs; the whole text of a turn that is held or
   * discarded.
   */
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
