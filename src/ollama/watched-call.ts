import { abortReason } from './abort-reason';
import { ModelCallError } from './model-call-error';
import { type CallLimits, type TimeoutCode, Watchdog } from './watchdog';

const TIMEOUT_TEXT: Readonly<Record<TimeoutCode, string>> = {
  CONNECT_TIMEOUT:
    'Ollama did not accept the connection in time. See OLLAMA_URL, OLLAMA_CONNECT_TIMEOUT_SECONDS.',
  FIRST_TOKEN_TIMEOUT: 'The first token did not come in time. See OLLAMA_FIRST_TOKEN_TIMEOUT_SECONDS.',
  STALLED: 'The answer stopped in the middle. See OLLAMA_IDLE_TIMEOUT_SECONDS.',
  TURN_TIMEOUT: 'The answer took too long. See OLLAMA_TIMEOUT.',
};

/**
 * One call to a model under its clocks: `signal` is aborted when the caller's signal is, when a clock runs out, and at
 * the end, so that a request that hangs on it never outlives the call. `end` must be called.
 */
export class WatchedCall {
  private readonly abort = new AbortController();
  private readonly watchdog: Watchdog;
  private reason?: Error;

  constructor(
    limits: CallLimits,
    private readonly caller?: AbortSignal,
  ) {
    this.watchdog = new Watchdog(limits, (code) => this.fail(new ModelCallError(code, TIMEOUT_TEXT[code])));
    caller?.addEventListener('abort', this.leave, { once: true });
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Why the call was aborted, if it was: what broke after that is only its consequence. */
  get failure(): Error | undefined {
    return this.reason;
  }

  connected(): void {
    this.watchdog.connected();
  }

  /** Says that a part of the answer has come. */
  token(): void {
    this.watchdog.token();
  }

  end(): void {
    this.watchdog.stop();
    this.caller?.removeEventListener('abort', this.leave);
    this.abort.abort();
  }

  private readonly leave = (): void => {
    if (this.caller) {
      this.fail(abortReason(this.caller));
    }
  };

  private fail(error: Error): void {
    this.reason ??= error;
    this.abort.abort(this.reason);
  }
}
