import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { type StoredEvent, type TurnDelta } from '../../src/live/event-types';
import { type SseMessage, SseParser } from '../../src/torture/clients/sse-parser';
import { EventLog } from './events';

export interface SseOptions {
  readonly after?: number;
  readonly deltas?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a connection was answered. */
export interface SseAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body when it is no stream. */
  readonly text: string;
}

/** A client of Server-Sent Events that keeps all that it is sent, over all its connections. */
export class SseWatcher {
  readonly received = new EventLog<SseMessage>();
  readonly comments = new EventLog<string>();
  /** How the last connection was answered. */
  answer: SseAnswer | null = null;
  /** Resolves when the last connection is gone, however that came. */
  gone: Promise<void> = Promise.resolve();
  /** Connections so far. */
  connections = 0;
  retryMs: number | null = null;
  private lastEventId = '';
  private response: IncomingMessage | null = null;
  private isClosed = false;

  /** @param url of the server; a function when it changes with a restart */
  constructor(
    private readonly url: string | (() => string),
    private readonly experimentId: string,
    private readonly options: SseOptions = {},
  ) {}

  /** Connects, and fails when no stream comes. */
  static async connect(url: string, experimentId: string, options: SseOptions = {}): Promise<SseWatcher> {
    const watcher = new SseWatcher(url, experimentId, options);
    const { status, text: body } = await watcher.open();
    if (status !== 200) {
      throw new Error(`no stream: ${status} ${body}`);
    }
    return watcher;
  }

  /** Opens a connection; a further one says with `Last-Event-ID` what is known. */
  async open(): Promise<SseAnswer> {
    const { after, deltas, headers } = this.options;
    const query = new URLSearchParams();
    if (after !== undefined) {
      query.set('after', String(after));
    }
    if (deltas !== undefined) {
      query.set('deltas', String(deltas));
    }
    const base = typeof this.url === 'string' ? this.url : this.url();
    const sent = request(`${base}/api/experiments/${this.experimentId}/events?${query.toString()}`, {
      agent: false,
      headers: {
        accept: 'text/event-stream',
        ...(this.lastEventId === '' ? {} : { 'last-event-id': this.lastEventId }),
        ...headers,
      },
    });
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    sent.end();
    const [response] = await answered;
    sent.on('error', () => undefined);
    this.connections += 1;
    this.response = response;
    const { statusCode: status = 0, headers: got } = response;
    const isStream = status === 200 && (got['content-type'] ?? '').startsWith('text/event-stream');
    if (isStream) {
      this.gone = this.read(response);
    }
    this.answer = { status, headers: got, text: isStream ? '' : await text(response) };
    return this.answer;
  }

  /**
   * Does as the EventSource of a browser: comes back after every lost connection, until the server says with 204 that
   * nothing more will come. Where the browser would give up, on another status, it fails.
   */
  async follow(): Promise<void> {
    while (!this.isClosed) {
      const answer = await this.open().catch(() => null);
      if (answer?.status === 204) {
        return;
      }
      if (answer !== null && answer.status !== 200) {
        throw new Error(`no stream: ${answer.status} ${answer.text}`);
      }
      await this.gone;
      await wait(answer === null ? 50 : 5);
    }
  }

  /** Cuts the connection as a bad network does. */
  cut(): void {
    this.response?.destroy();
  }

  /** Stops reading: what the server sends piles up. */
  stopReading(): void {
    this.response?.pause();
  }

  readOn(): void {
    this.response?.resume();
  }

  close(): void {
    this.isClosed = true;
    this.cut();
  }

  /** Whether the last stream was ended by the server, and not cut. */
  get isComplete(): boolean {
    return this.response?.complete === true;
  }

  /** The texts of the stored events received so far, in the order in which they came. */
  get texts(): string[] {
    return this.received.all.filter(({ hasId }) => hasId).map(({ data }) => data);
  }

  get events(): StoredEvent[] {
    return this.texts.map((data) => JSON.parse(data) as StoredEvent);
  }

  get deltas(): TurnDelta[] {
    return this.received.all
      .filter(({ event }) => event === 'turn.delta')
      .map(({ data }) => JSON.parse(data) as TurnDelta);
  }

  /** Waits for an event of this name. */
  waitFor(
    name: string,
    fits: (payload: Record<string, unknown>) => boolean = () => true,
  ): Promise<SseMessage> {
    return this.received.waitFor(
      ({ event, data }) => event === name && fits(JSON.parse(data) as Record<string, unknown>),
      name,
    );
  }

  /** Waits until the experiment is over. */
  async untilOver(): Promise<void> {
    await this.waitFor('experiment.status', ({ completed_at: time }) => time !== null);
  }

  private async read(response: IncomingMessage): Promise<void> {
    const parser = new SseParser(
      (message) => {
        this.lastEventId = message.lastEventId;
        this.received.push(message);
      },
      (comment) => this.comments.push(comment),
      this.lastEventId,
    );
    response.setEncoding('utf8');
    response.on('data', (piece: string) => {
      parser.push(piece);
      this.retryMs = parser.retryMs ?? this.retryMs;
    });
    await once(response, 'close').catch(() => undefined);
  }
}
