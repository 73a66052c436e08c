import { once } from 'node:events';
import { type ServerResponse } from 'node:http';
import { SSE_HEADERS, SSE_PING, sseRetry } from './sse-format';

/** Bytes that may wait for a client that does not read. All clients share the bytes of an event. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** Milliseconds that a browser waits before it comes back. */
const RETRY_MS = 1_000;
/** Milliseconds that a client may take to read what is in its way while it gets what it missed, or after the last word. */
const READ_LIMIT_MS = 30_000;

export interface SseConnectionOptions {
  /** Milliseconds of silence after which a comment is sent. */
  readonly heartbeatMs: number;
  readonly readLimitMs?: number;
}

/** One client of Server-Sent Events: its response, with a heartbeat and a view on how much waits in it. */
export class SseConnection {
  private hasStarted = false;
  private hasEnded = false;
  private heartbeat: NodeJS.Timeout | undefined;
  private waitingWrites = 0;

  private readonly heartbeatMs: number;
  private readonly readLimitMs: number;

  constructor(
    private readonly response: ServerResponse,
    { heartbeatMs, readLimitMs = READ_LIMIT_MS }: SseConnectionOptions,
  ) {
    this.heartbeatMs = heartbeatMs;
    this.readLimitMs = readLimitMs;
    response.on('error', () => response.destroy());
    response.once('close', () => clearTimeout(this.heartbeat));
  }

  /** Whether anything can be sent: it was not ended and the client is there. */
  get isOpen(): boolean {
    return !this.hasEnded && !this.response.closed && !this.response.destroyed;
  }

  /** Events that the client has not taken yet. */
  get waiting(): number {
    return this.waitingWrites;
  }

  /** Whether more waits than a client may leave lying. */
  isSlow(maxWrites: number): boolean {
    return this.waitingWrites > maxWrites || this.response.writableLength > MAX_WAITING_BYTES;
  }

  /** Sends the head of the answer, if that was not done before. */
  start(): void {
    if (this.hasStarted || !this.isOpen) {
      return;
    }
    this.hasStarted = true;
    this.response.writeHead(200, SSE_HEADERS);
    this.heartbeat = setTimeout(() => this.ping(), this.heartbeatMs);
    this.write(sseRetry(RETRY_MS));
  }

  /** Sends at once; what the client does not read waits in memory. */
  write(text: string | Buffer): void {
    if (!this.isOpen) {
      return;
    }
    this.start();
    this.waitingWrites += 1;
    this.response.write(text, this.written);
    this.heartbeat?.refresh();
  }

  /**
   * Sends, and resolves when the client has room for more, or has left.
   * @returns false when it did not read for too long
   */
  async send(text: string | Buffer): Promise<boolean> {
    this.write(text);
    if (!this.isOpen || !this.response.writableNeedDrain) {
      return true;
    }
    const signal = AbortSignal.timeout(this.readLimitMs);
    const leaving = new AbortController();
    const either = AbortSignal.any([signal, leaving.signal]);
    await Promise.race([
      once(this.response, 'drain', { signal: either }),
      once(this.response, 'close', { signal: either }),
    ]).catch(() => undefined);
    leaving.abort();
    return !signal.aborted;
  }

  /** Ends the stream after all that was sent. Who does not read that within a while is cut off. */
  end(): void {
    if (!this.isOpen) {
      return;
    }
    this.start();
    this.hasEnded = true;
    clearTimeout(this.heartbeat);
    this.response.end();
    const limit = setTimeout(() => this.cut(), this.readLimitMs).unref();
    this.response.once('close', () => clearTimeout(limit));
  }

  /** Closes the connection at once. */
  cut(): void {
    this.response.destroy();
  }

  /** Resolves when the connection has taken all that was sent, or after `limitMs`. */
  async untilClosed(limitMs: number): Promise<void> {
    if (!this.response.closed) {
      await once(this.response, 'close', { signal: AbortSignal.timeout(limitMs) }).catch(() => undefined);
    }
  }

  /** Where something waits already, a sign of life would only wait behind it. */
  private ping(): void {
    if (this.waitingWrites === 0) {
      this.write(SSE_PING);
    }
    this.heartbeat?.refresh();
  }

  private readonly written = (): void => {
    this.waitingWrites -= 1;
  };
}
