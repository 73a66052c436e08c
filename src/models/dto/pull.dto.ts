import { TextField } from '../../common/validation/fields';
import { MAX_MODEL_NAME } from '../../ollama/model-name';
import { type ErrorCode } from '../../common/errors/error-codes';
import { PullProgress } from '../pull-progress';
import { type PullStatus } from '../pull-task.entity';

/** A model to pull. */
export class PullModelRequest {
  /** Name as Ollama knows it: `[host/][namespace/]model[:tag]`. @example "llama3.2:3b" */
  @TextField({ trim: true, nonBlank: true, maxLength: MAX_MODEL_NAME })
  readonly name!: string;

  /**
   * The Ollama server to pull to: an address of OLLAMA_URLS, or `all`; left out = all. Several are pulled to one after the other.
   * @example "all"
   */
  @TextField({ optional: true, nullable: true, trim: true, nonBlank: true, maxLength: 2_000 })
  readonly server?: string | null = null;
}

/** Either `task_id` or `existing_task_id` is set. */
export class PullModelResponse {
  /** Id of the new task. @example "5f0c1d2e-0d6c-4d53-8f4b-0e1a2b3c4d5e" */
  task_id!: string | null;
  /** Text for people. @example "The pull of llama3.2:3b has begun." */
  message!: string;
  /** Id of the task that pulls this model already. */
  existing_task_id!: string | null;
}

/** A model that is, or was, pulled. */
export class PullTaskStatus {
  /** @example "5f0c1d2e-0d6c-4d53-8f4b-0e1a2b3c4d5e" */
  task_id!: string;
  /** As it was asked for. @example "llama3.2:3b" */
  model_name!: string;
  /** The Ollama server that it is pulled to: an address of OLLAMA_URLS, or `all`. @example "all" */
  server!: string;
  /** `pending` until a slot is free, and no other pull brings the same model to the same server. @example "running" */
  status!: PullStatus;
  /** Null before the first line of Ollama. */
  progress!: PullProgress | null;
  /** Text for people; set when it failed. */
  error!: string | null;
  /** Why it failed. */
  error_code!: ErrorCode | null;
  /** ISO 8601, UTC. @example "2026-01-22T19:05:22.351Z" */
  created_at!: string;
  /** ISO 8601, UTC; when it got a slot. @example "2026-01-22T19:05:22.351Z" */
  started_at!: string | null;
  /** ISO 8601, UTC; when it ended. */
  completed_at!: string | null;
}

/** Whether a pull is alive. */
export class PullHealth {
  /** @example "5f0c1d2e-0d6c-4d53-8f4b-0e1a2b3c4d5e" */
  task_id!: string;
  /** @example "llama3.2:3b" */
  model_name!: string;
  /** @example "running" */
  status!: PullStatus;
  /** Whether the task waits or is worked on. @example true */
  thread_alive!: boolean;
  /** Seconds since a byte moved; null before the first line of Ollama. @example 0.4 */
  last_progress_age_seconds!: number | null;
  /** Further tries made so far. @example 0 */
  retry_count!: number;
  /** ISO 8601, UTC. */
  last_retry_at!: string | null;
  /** From 1; null when it does not wait. */
  queue_position!: number | null;
  /** @example 1 */
  available_concurrency_slots!: number;
  /** PULL_MAX_CONCURRENCY. @example 2 */
  max_concurrency!: number;
}

/** What an operation did. */
export class ModelOperationResponse {
  /** @example true */
  success!: boolean;
  /** Text for people. @example "Done." */
  message!: string;
}
