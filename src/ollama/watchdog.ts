import { type ModelCallCode } from '../common/errors/error-codes';
import { type Settings } from '../config/settings.schema';

/** Milliseconds that each phase of a call may take. */
export interface CallLimits {
  /** Until the connection is accepted. */
  readonly connectMs: number;
  /** From the connection to the first token: Ollama is silent while it queues and loads. */
  readonly firstTokenMs: number;
  /** Between two tokens. */
  readonly idleMs: number;
  /** From the first token to the end. */
  readonly totalMs: number;
}

/** The limits that the settings give a call. */
export function callLimits(settings: Settings): CallLimits {
  return {
    connectMs: settings.ollamaConnectTimeoutSeconds * 1000,
    firstTokenMs: settings.ollamaFirstTokenTimeoutSeconds * 1000,
    idleMs: settings.ollamaIdleTimeoutSeconds * 1000,
    totalMs: settings.ollamaTimeoutSeconds * 1000,
  };
}

export type TimeoutCode = Extract<
  ModelCallCode,
  'CONNECT_TIMEOUT' | 'FIRST_TOKEN_TIMEOUT' | 'STALLED' | 'TURN_TIMEOUT'
>;

/**
 * Watches the clocks of one call. One timer, looked at when it rings, rather than one reset with every token.
 * Call `stop` at the end, or it keeps ringing.
 */
export class Watchdog {
  private timer?: NodeJS.Timeout;
  private readonly startedAt = performance.now();
  private connectedAt?: number;
  private firstTokenAt?: number;
  private lastTokenAt = 0;
  private stopped = false;

  constructor(
    private readonly limits: CallLimits,
    private readonly onTimeout: (code: TimeoutCode) => void,
  ) {
    this.arm();
  }

  connected(): void {
    this.connectedAt = performance.now();
    this.arm();
  }

  token(): void {
    this.lastTokenAt = performance.now();
    if (this.firstTokenAt === undefined) {
      this.firstTokenAt = this.lastTokenAt;
      this.arm();
    }
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private arm(): void {
    clearTimeout(this.timer);
    if (this.stopped) {
      return;
    }
    const { at } = this.nextDeadline();
    this.timer = setTimeout(() => this.ring(), Math.max(1, Math.ceil(at - performance.now())));
  }

  private ring(): void {
    const { at, code } = this.nextDeadline();
    if (performance.now() >= at) {
      this.stop();
      this.onTimeout(code);
    } else {
      this.arm();
    }
  }

  private nextDeadline(): { at: number; code: TimeoutCode } {
    if (this.connectedAt === undefined) {
      return { at: this.startedAt + this.limits.connectMs, code: 'CONNECT_TIMEOUT' };
    }
    if (this.firstTokenAt === undefined) {
      return { at: this.connectedAt + this.limits.firstTokenMs, code: 'FIRST_TOKEN_TIMEOUT' };
    }
    const idleAt = this.lastTokenAt + this.limits.idleMs;
    const totalAt = this.firstTokenAt + this.limits.totalMs;
    return idleAt < totalAt ? { at: idleAt, code: 'STALLED' } : { at: totalAt, code: 'TURN_TIMEOUT' };
  }
}
