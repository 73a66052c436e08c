/** What the scheduler may know of a call when it decides which goes next. */
export interface ScheduledCall {
  readonly model: string;
  /** Not given for a call of a client that belongs to no experiment. */
  readonly experimentId?: string;
  readonly conversationId?: string;
  /** Aborting takes the call out of the queue. */
  readonly signal: AbortSignal;
}

/**
 * The port that all calls to one Ollama server pass. It limits calls, not conversations. The clocks of a call start
 * when the scheduler lets it go.
 */
export abstract class CallScheduler {
  /**
   * Waits for a slot, then runs the work and gives its result; the slot is free again when the work has ended.
   * @throws the reason of the signal when it is aborted while waiting
   */
  abstract run<T>(call: ScheduledCall, work: () => Promise<T>): Promise<T>;
}
