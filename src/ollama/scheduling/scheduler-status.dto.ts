import { type Priority } from '../priority';

/** Calls to one model. */
export class ScheduledModel {
  /** With its tag. @example "llama3.2:3b" */
  model!: string;
  /** Calls that wait. @example 12 */
  waiting!: number;
  /** @example 1 */
  in_flight!: number;
  /** Seconds that the oldest waiting call has waited; null = none waits. @example 4.2 */
  oldest_wait_seconds!: number | null;
  /** Addresses of the servers that have it loaded. @example ["http://localhost:11434"] */
  loaded_on!: string[];
  /** Loads since the start. @example 8 */
  loads!: number;
  /** Tokens generated in a second of late; null = not measured yet. @example 48.5 */
  tokens_per_second!: number | null;
  /** Tokens of prompts read in a second of late, without what a cache had; null = not measured yet. @example 900 */
  prompt_tokens_per_second!: number | null;
  /** Seconds of a load of late; null = none was seen. @example 5.1 */
  load_seconds!: number | null;
}

/** A server and what it does. */
export class ScheduledServer {
  /** @example "http://localhost:11434" */
  address!: string;
  /** False from a failed connection on until it answers again: no calls go to it meanwhile. @example true */
  is_up!: boolean;
  /** OLLAMA_NUM_PARALLEL. @example 1 */
  slots!: number;
  /** @example 1 */
  in_flight!: number;
  /** Models in its memory, those that are being loaded included. @example ["llama3.2:3b"] */
  loaded_models!: string[];
  /** The model that it makes room for, since calls for it have waited long enough; null = none. @example null */
  making_room_for!: string | null;
}

/** An experiment that runs. */
export class ScheduledExperiment {
  /** @example "5f0c1d2e-0d6c-4d53-8f4b-0e1a2b3c4d5e" */
  experiment_id!: string;
  /** @example "normal" */
  priority!: Priority;
  /** Calls that wait. @example 49 */
  waiting!: number;
  /** @example 1 */
  in_flight!: number;
  /** Seconds until it will be over, about; null = not known. @example 340 */
  eta_seconds!: number | null;
}

/** Something that an operator should look at. */
export class SchedulerWarning {
  /** `FEWER_SLOTS`: calls wait inside Ollama though OLLAMA_NUM_PARALLEL says that there are slots for them. @example "FEWER_SLOTS" */
  code!: 'FEWER_SLOTS';
  /** @example "http://localhost:11434" */
  server!: string;
  /** @example "qwen3:8b" */
  model!: string;
  message!: string;
}

/** Loads of models since the start. */
export class LoadsSoFar {
  /** @example 8 */
  made!: number;
  /** Further ones that the same calls would have taken with each conversation made alone. @example 392 */
  saved!: number;
}

/** What the scheduler does at the moment. */
export class SchedulerStatus {
  /** Calls that may be in flight at all servers together. @example 1 */
  slots!: number;
  /** @example 1 */
  in_flight!: number;
  /** Calls that wait. @example 49 */
  waiting!: number;
  /** SCHEDULER_MAX_WAIT_SECONDS. @example 60 */
  max_wait_seconds!: number;
  /** Milliseconds that the scheduler itself has computed since the start. @example 35.4 */
  scheduling_ms!: number;
  loads!: LoadsSoFar;
  /** Models for which calls wait or are in flight, or that are loaded. */
  models!: ScheduledModel[];
  servers!: ScheduledServer[];
  experiments!: ScheduledExperiment[];
  warnings!: SchedulerWarning[];
}
