import { type OllamaServer } from './ollama-servers';
import { type CallMeasures } from './scheduling/model-speeds';

/** What the scheduler may know of a call when it decides which goes next. */
export interface ScheduledCall {
  readonly model: string;
  /** Not given, or empty, for a call of a client that belongs to no experiment. */
  readonly experimentId?: string;
  readonly conversationId?: string;
  /** Aborting takes the call out of the queue. */
  readonly signal: AbortSignal;
}

/** The slot that a call was given. */
export interface CallSlot {
  readonly server: OllamaServer;
  /** Tells what Ollama measured, when it did. */
  readonly report: (measures: CallMeasures) => void;
}

/**
 * The port that all calls to Ollama pass. It limits calls, not conversations. The clocks of a call start when the
 * scheduler lets it go.
 */
export abstract class CallScheduler {
  /**
   * Waits for a slot of a server, then runs the work with it and gives its result; the slot is free again when the work has
   * ended.
   * @throws the reason of the signal when it is aborted while waiting
   */
  abstract run<T>(call: ScheduledCall, work: (slot: CallSlot) => Promise<T>): Promise<T>;

  /** Whether a call that one server could not take may go to another one now. */
  abstract canServe(model: string): boolean;

  /** How many conversations between agents with these models are worth having open side by side, at least 1. */
  abstract conversationsFor(models: readonly string[]): number;

  /** Whether these models are known to fit into the memory of each server together. */
  abstract fitTogether(models: readonly string[]): boolean;

  /** Of these models one that is loaded, the first of the list if it is; null = none is, or nothing is known. */
  abstract loadedAmong(models: readonly string[]): string | null;

  /**
   * Milliseconds that a conversation has waited here so far, while none of its calls was at work: they are nobody's active
   * time. Counted from its first call on, until `forget`.
   */
  abstract waitedMs(conversationId: string): number;

  /** Says that a conversation is over or left: nothing of it will come. */
  abstract forget(conversationId: string): void;
}
