import { ApiProperty } from '@nestjs/swagger';
import { AgentOptionsModel, HistoryViewModel } from '../../agents/agent.dto';
import { type ContextPolicy } from '../../agents/prompt/agent';
import { type ErrorCode } from '../../common/errors/error-codes';
import { schemaReference } from '../../common/validation/named-schemas';
import { Conversation } from '../../conversations/conversation.dto';
import { type StopRule } from '../../conversations/team/definition/stop-rule';
import { type TeamDefinition } from '../../conversations/team/definition/team-definition';
import { stopRuleSchema, teamSchema } from '../../conversations/team/definition/team-schema';
import { type StoredEvent } from '../../live/event-types';
import { type Priority } from '../../ollama/priority';
import { type ExperimentState, type PauseReason } from '../experiment-state';
import { type Parallelism } from '../parallelism';
import { ChatRulesModel, TaskModel } from './experiment-request.dto';

/** An experiment was accepted and stored; it runs. */
export class ExperimentStarted {
  /** @example "5f0c1d2e-0d6c-4d53-8f4b-0e1a2b3c4d5e" */
  experiment_id!: string;
  /** @example "started" */
  status!: 'started';
  /** Path of the plain WebSocket. @example "/ws/experiments/5f0c1d2e-0d6c-4d53-8f4b-0e1a2b3c4d5e" */
  websocket_url!: string;
  /** `running`, or `queued` when MAX_RUNNING_EXPERIMENTS run already. @example "running" */
  state!: ExperimentState;
  /** Place among those that wait to run, from 1; null when it runs. @example null */
  queue_position!: number | null;
}

/** An agent as it was sent. */
export class ExperimentAgent {
  /** @example "agent-1" */
  id!: string;
  /** @example "Guide" */
  name!: string;
  /** @example "You are a friendly travel guide." */
  prompt!: string;
  /** @example "#10B981" */
  color!: string;
  /** @example "llama3.2:3b" */
  model!: string;
  /** Null = the setting. @example 0.7 */
  temperature!: number | null;
  /** Options as sent; empty when there were none. */
  options!: AgentOptionsModel;
  /** Only when it was sent. @example "Knows Lisbon." */
  description?: string;
  /** Only when it was sent. */
  history?: HistoryViewModel;
  /** Only when it was sent. @example "prefix" */
  attribution?: 'prefix' | 'system' | 'none';
  /** Only when it was sent. @example "drop" */
  thinking?: 'drop' | 'own' | 'share';
  /** Only when it was sent. @example {"type": "object"} */
  response_format?: Record<string, unknown>;
}

/** Where an experiment stands. */
export class ExperimentProgress {
  /** @example "5f0c1d2e-0d6c-4d53-8f4b-0e1a2b3c4d5e" */
  experiment_id!: string;
  /** The state as existing clients know it: a cancelled experiment shows as completed. @example "running" */
  status!: 'running' | 'completed' | 'error';
  /** The exact state. @example "running" */
  state!: ExperimentState;
  /** Why it is paused; null in every other state. @example null */
  pause_reason!: PauseReason | null;
  /** Place among those that wait to run, from 1; null when it does not wait. @example null */
  queue_position!: number | null;
  /** Seconds until it is over, about; null when it does not run, and while too little is known. @example 240 */
  eta_seconds!: number | null;
  /** ISO 8601, UTC; null while it runs. */
  completed_at!: string | null;
  /** Number of runs. @example 2 */
  iterations!: number;
  /** Number of the run that was started last; 0 before the first. @example 1 */
  current_iteration!: number;
  /** Runs that ended well. @example 1 */
  completed_runs!: number;
  /** Runs that failed; the code stands on each. @example 0 */
  failed_runs!: number;
  /** Why it ended early. */
  error_code!: ErrorCode | null;
  /** Text for people; only when the status is `error`. */
  error!: string | null;
}

/** Where an experiment stands after waiting for its end. */
export class ExperimentWaited extends ExperimentProgress {
  /** Whether it is over; false = the time was up before. @example false */
  finished!: boolean;
}

/** Where an experiment stands, and who takes part. */
export class ExperimentSummary extends ExperimentProgress {
  /** @example "Plan a weekend in Lisbon." */
  title!: string;
  /** ISO 8601, UTC. @example "2026-01-22T19:05:22.351Z" */
  created_at!: string;
  agents!: ExperimentAgent[];
}

/** Whether the `callback_url` has heard that the experiment is over. */
export class WebhookStatus {
  /** `pending` = it is tried, or tried again; `failed` = it was given up. @example "delivered" */
  state!: 'pending' | 'delivered' | 'failed';
  /** Attempts so far. @example 1 */
  attempts!: number;
  /** Why the last attempt failed: an HTTP status or a code. @example "ECONNREFUSED" */
  last_error!: string | null;
}

/** An entry of the list of experiments. */
export class ExperimentListItem extends ExperimentSummary {
  /** @example 2 */
  agent_count!: number;
  /** Stored messages of all runs, the prompts included. @example 9 */
  message_count!: number;
}

export class ExperimentList {
  /** Newest first. */
  experiments!: ExperimentListItem[];
  /** For the next page; null on the last one. Only when the request has a `limit` or a `cursor`. */
  next_cursor?: string | null;
}

/** A version of a saved agent or team that an experiment was made of. */
export class ExperimentLibraryUse {
  /** `agents/<id>` or `teams/<id>`. @example "teams/debate-two-sides" */
  ref!: string;
  /** @example 1 */
  version!: number;
}

/** An experiment with all that was said. */
export class ExperimentDetail extends ExperimentSummary {
  /** The task as it was sent. */
  task!: TaskModel;
  /** `chat_rules` as they count, defaults filled in; null when none were sent. */
  chat_rules!: ChatRulesModel | null;
  /** `team` as it counts, defaults filled in; null when none was sent. */
  @ApiProperty({ ...schemaReference(teamSchema, true), example: null })
  team!: TeamDefinition | null;
  /** `stop` as it counts, defaults filled in; null when none was sent. */
  @ApiProperty({ ...schemaReference(stopRuleSchema, true), example: null })
  stop!: StopRule | null;
  /** Versions of saved agents and teams that it was made of; null when it named none. */
  library!: ExperimentLibraryUse[] | null;
  /** What happens to a prompt that does not fit the context of its model. @example "drop_oldest" */
  context_policy!: ContextPolicy;
  /** Runs that are open side by side; `auto` = as many as keep the models at work. @example "auto" */
  @ApiProperty({
    oneOf: [
      { type: 'string', enum: ['auto'] },
      { type: 'integer', minimum: 1 },
    ],
  })
  parallelism!: Parallelism;
  /** @example "normal" */
  priority!: Priority;
  /** The run in progress, with the id of the experiment and the title `Live`; null when none is. */
  conversation!: Conversation | null;
  /** The finished runs, in order. */
  conversations!: Conversation[];
  /** Stored messages of all runs, the prompts included. @example 9 */
  message_count!: number;
  /** All random choices and sampling seeds are derived from it. @example 7 */
  seed!: number;
  /** Active seconds that it may take. @example 3600 */
  timeout_seconds!: number;
  /** Active seconds used so far. @example 12.5 */
  active_seconds!: number;
  /** Id of the experiment that this one makes again; null = it is the first. @example null */
  rerun_of!: string | null;
  /** Address that is told when it is over; null = none. @example null */
  callback_url!: string | null;
  /** The message to that address; null while the experiment is not over, and when it has no `callback_url`. */
  webhook!: WebhookStatus | null;
  /** Number of the newest event of its stream. @example 12 */
  last_seq!: number;
}

export class ExperimentUpdated {
  /** @example "Experiment updated" */
  message!: string;
  /** @example "5f0c1d2e-0d6c-4d53-8f4b-0e1a2b3c4d5e" */
  id!: string;
}

export class StatusUpdated {
  /** @example "Status updated" */
  message!: string;
  /** What a client of the old contract sees now. @example "completed" */
  status!: string;
  /** The exact state now. @example "cancelled" */
  state!: string;
  /** Whether the request changed anything. @example true */
  changed!: boolean;
}

export class ExperimentDeleted {
  /** @example "Experiment deleted" */
  message!: string;
}

export class ExperimentEvents {
  /** Oldest first; the payloads of the Socket.IO events of the same types. */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  events!: StoredEvent[];
  /** Number of the newest event of the stream. @example 12 */
  last_seq!: number;
}

/** Default rules in both spellings: the dashboard reads camelCase, scripts read snake_case. */
export class DefaultChatRules {
  max_rounds!: number;
  maxRounds!: number;
  team_type!: string;
  teamType!: string;
  selector_prompt!: string;
  selectorPrompt!: string;
  allow_repeat_speaker!: boolean;
  allowRepeatSpeaker!: boolean;
  max_consecutive_auto_reply!: number | null;
  maxConsecutiveAutoReply!: number | null;
  termination_condition!: string | null;
  terminationCondition!: string | null;
}
