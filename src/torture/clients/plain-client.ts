import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { type Conversation, type Message } from '../../conversations/conversation.dto';
import { EventLog } from './event-log';

/** Milliseconds before the page comes back after a lost connection: shorter than in a browser, so that tests do not wait. */
const COME_BACK_MS = 20;

/** A frame of the plain WebSocket. */
export interface Frame {
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** A bare client of the plain WebSocket that keeps all frames. */
export class PlainClient {
  readonly frames = new EventLog<Frame>();
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.frames.push(JSON.parse(data.toString()) as Frame));
    this.closed = new Promise((resolve) => {
      socket.once('close', (code: number, reason: Buffer) => resolve({ code, reason: String(reason) }));
    });
  }

  static async connect(
    url: string,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<PlainClient> {
    const client = new PlainClient(new WebSocket(url.replace(/^http/, 'ws') + path, { headers }));
    await once(client.socket, 'open');
    return client;
  }
}

/**
 * The live view of the existing dashboard, as wire contract 6 describes it: which frames it takes, how it changes its
 * view with them, and when it comes back after a lost connection.
 */
export class DashboardView {
  readonly finished: Conversation[] = [];
  live: { id: string; title: string; messages: Message[] } | null = null;
  status = 'unknown';
  readonly over: Promise<void>;
  client: PlainClient | null = null;
  private early: Message[] = [];
  private settle: () => void = () => undefined;
  private closedForGood = false;

  constructor(
    private readonly url: string,
    private readonly experimentId: string,
  ) {
    this.over = new Promise((resolve) => (this.settle = resolve));
  }

  /** Opens the page: the GET and the socket side by side. */
  async mount(): Promise<void> {
    await Promise.all([this.load(), this.connect()]);
  }

  /** Cuts the connection as a bad network does; the page comes back by itself. */
  cut(): void {
    this.client?.socket.terminate();
  }

  /** Closes the page: it does not come back. */
  leave(): void {
    this.closedForGood = true;
    this.client?.socket.terminate();
  }

  private async load(): Promise<void> {
    const response = await fetch(`${this.url}/api/experiments/${this.experimentId}`);
    const experiment = (await response.json()) as {
      conversation: Conversation | null;
      conversations: Conversation[];
    };
    this.finished.splice(0, this.finished.length, ...experiment.conversations);
    if (experiment.conversation) {
      this.live = { ...experiment.conversation };
    }
  }

  private async connect(): Promise<void> {
    const client = await PlainClient.connect(this.url, `/ws/experiments/${this.experimentId}`);
    this.client = client;
    for (const frame of client.frames.all) {
      this.reduce(frame);
    }
    client.socket.on('message', (data: Buffer) => this.reduce(JSON.parse(data.toString()) as Frame));
    void client.closed.then(({ code }) => {
      if (code === 1000 || this.closedForGood) {
        this.settle();
        return undefined;
      }
      return this.comeBack();
    });
  }

  /** As often as it takes: the server may be away. */
  private async comeBack(): Promise<void> {
    while (!this.closedForGood) {
      try {
        return await this.connect();
      } catch {
        await wait(COME_BACK_MS);
      }
    }
  }

  private reduce({ type, data }: Frame): void {
    if (type === 'status' && data['experiment_id'] !== undefined && data['status'] !== undefined) {
      this.status = data['status'] as string;
      if (data['final'] === true && data['close_connection'] === true) {
        this.closedForGood = true;
        this.client?.socket.close();
        this.settle();
      }
    } else if (type === 'message') {
      const message = data as unknown as Message;
      if (this.live) {
        this.live.messages.push(message);
      } else {
        this.early.push(message);
      }
    } else if (type === 'conversation') {
      const conversation = data as unknown as Conversation;
      if (conversation.messages.length === 0) {
        this.live = { ...conversation, messages: [...this.early] };
        this.early = [];
      } else {
        this.finished.push(conversation);
      }
    }
  }
}
