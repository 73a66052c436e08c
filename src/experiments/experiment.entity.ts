import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { type StoredAgent } from '../agents/agent.dto';
import { type LibraryUse } from '../agents/library/library-item';
import { type ErrorCode } from '../common/errors/error-codes';
import { type ContextPolicy } from '../agents/prompt/agent';
import { type ItemFields } from '../agents/prompt/placeholders';
import { type StopRule } from '../conversations/team/definition/stop-rule';
import { type TeamDefinition, type TeamRules } from '../conversations/team/definition/team-definition';
import { type Priority } from '../ollama/priority';
import { type ChatRulesModel } from './dto/experiment-request.dto';
import { type ExperimentState, type PauseReason } from './experiment-state';

/** One item of a dataset. */
export interface TaskItem {
  readonly task: string;
  readonly answer: string | null;
  /** What prompts may name as `{{item.<field>}}`, besides `task` and `answer`. */
  readonly fields?: ItemFields;
}

/** The task as it was asked for. */
export interface ExperimentTask {
  readonly id: string;
  readonly prompt: string;
  readonly datasetItems: readonly TaskItem[] | null;
}

/** What to run, how far it is, and how it ended. Counters are kept here, never counted. */
@Entity('experiments')
@Index('experiments_newest', ['createdAt', 'id'])
@Index('experiments_state', ['state'])
export class ExperimentEntity {
  /** UUID. */
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  title!: string;

  @Column('text')
  state!: ExperimentState;

  /** Why it is paused; null in every other state. */
  @Column('text', { name: 'pause_reason', nullable: true })
  pauseReason!: PauseReason | null;

  /** ISO 8601, UTC; since when it waits for its turn to run. Kept until it is over: a restart must not cost it its place. */
  @Column('text', { name: 'queued_at', nullable: true })
  queuedAt!: string | null;

  /** Starts of the server in a row that found it running without a new turn since the one before (decision 13). */
  @Column('integer', { name: 'crash_starts', default: 0 })
  crashStarts!: number;

  /** Those of them before which it ran alone. */
  @Column('integer', { name: 'alone_crashes', default: 0 })
  aloneCrashes!: number;

  /** Whether it runs, or last ran, with no other experiment beside it because it may be what ends the server. */
  @Column('boolean', { name: 'runs_alone', default: false })
  runsAlone!: boolean;

  /** Finished turns of all its runs when it was last taken up. */
  @Column('integer', { name: 'turns_at_start', default: 0 })
  turnsAtStart!: number;

  /** Id of the experiment that this one makes again. */
  @Column('text', { name: 'rerun_of', nullable: true })
  rerunOf!: string | null;

  /** Number that each run has in the experiment that is made again: its seeds follow from it. Null = their own. */
  @Column('simple-json', { name: 'source_iterations', nullable: true })
  sourceIterations!: number[] | null;

  /** Address that is told when it is over. */
  @Column('text', { name: 'callback_url', nullable: true })
  callbackUrl!: string | null;

  /** The task with its dataset items. */
  @Column('simple-json')
  task!: ExperimentTask;

  /** The agents in the order of the request. */
  @Column('simple-json')
  agents!: StoredAgent[];

  /** `chat_rules` with their defaults, for clients that read them back; null when none were sent. */
  @Column('simple-json', { name: 'chat_rules', nullable: true })
  chatRules!: ChatRulesModel | null;

  /** `team` with its defaults, for clients that read it back; null when none was sent. */
  @Column('simple-json', { nullable: true })
  team!: TeamDefinition | null;

  /** `stop` with its defaults; null when none was sent. */
  @Column('simple-json', { nullable: true })
  stop!: StopRule | null;

  /** Versions of saved agents and teams that it was made of; null when it was written out. */
  @Column('simple-json', { nullable: true })
  library!: LibraryUse[] | null;

  /** What happens to a prompt that does not fit the context of its model. */
  @Column('text', { name: 'context_policy', default: 'drop_oldest' })
  contextPolicy!: ContextPolicy;

  /** Runs that are open side by side; null = as many as keep the models at work. */
  @Column('integer', { nullable: true })
  parallelism!: number | null;

  /** How urgent its calls are. */
  @Column('text', { default: 'normal' })
  priority!: Priority;

  /** The rules that the runs follow. */
  @Column('simple-json')
  rules!: TeamRules;

  /** Number of runs: the dataset items, or the iterations asked for. */
  @Column('integer')
  iterations!: number;

  /** What existing clients see of the runs in order: the first open one, from 1; the last one when none is open; 0 before the first. */
  @Column('integer', { name: 'current_iteration', default: 0 })
  currentIteration!: number;

  @Column('integer', { name: 'completed_runs', default: 0 })
  completedRuns!: number;

  @Column('integer', { name: 'failed_runs', default: 0 })
  failedRuns!: number;

  /** Stored messages of all runs, the `System` ones included. */
  @Column('integer', { name: 'message_count', default: 0 })
  messageCount!: number;

  /** Number of the newest event of this experiment's stream. */
  @Column('integer', { name: 'last_seq', default: 0 })
  lastSeq!: number;

  /** All random choices and sampling seeds are derived from it; 31 bits. */
  @Column('integer', { name: 'root_seed' })
  rootSeed!: number;

  /** Active seconds that the experiment may take. */
  @Column('real', { name: 'timeout_seconds' })
  timeoutSeconds!: number;

  /** Active milliseconds used so far. */
  @Column('integer', { name: 'active_ms', default: 0 })
  activeMs!: number;

  /** Why it ended early; null while it runs and when it ended well. */
  @Column('text', { name: 'error_code', nullable: true })
  errorCode!: ErrorCode | null;

  /** Text for people; set only when the state is `error`. */
  @Column('text', { nullable: true })
  error!: string | null;

  /** ISO 8601, UTC. */
  @Column('text', { name: 'created_at' })
  createdAt!: string;

  /** ISO 8601, UTC; when it ended. */
  @Column('text', { name: 'completed_at', nullable: true })
  completedAt!: string | null;

  /** ISO 8601, UTC; when it was moved in from another backend. Null for experiments of this server. */
  @Column('text', { name: 'imported_at', nullable: true })
  importedAt!: string | null;
}
