import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';
import { portOf } from './port-of';

/** One chat request as the server sees it; the spec decides what is answered and when. For specs only. */
export class Exchange {
  /** Resolves when the connection is gone, however it went. */
  readonly closed: Promise<void>;

  constructor(
    readonly request: IncomingMessage,
    readonly body: Readonly<Record<string, unknown>>,
    readonly response: ServerResponse,
  ) {
    const { socket } = request;
    this.closed = new Promise((resolve) => {
      // A client that goes away may show as an error first, which is no fault of the spec.
      socket.on('error', () => undefined);
      socket.once('close', () => resolve());
      if (socket.destroyed) {
        resolve();
      }
    });
  }

  get isClosed(): boolean {
    return this.request.socket.destroyed;
  }

  /** Sends a line of the stream with a part of the answer. */
  piece(message: Record<string, unknown> | string): this {
    const part = typeof message === 'string' ? { content: message } : message;
    return this.line({ message: { role: 'assistant', content: '', ...part }, done: false });
  }

  /** Sends the closing line and ends the answer. */
  done(more: Record<string, unknown> = {}): void {
    this.line({ message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop', ...more });
    this.response.end();
  }

  line(value: unknown): this {
    return this.raw(`${JSON.stringify(value)}\n`);
  }

  raw(bytes: string | Buffer): this {
    if (!this.response.headersSent) {
      this.response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    }
    this.response.write(bytes);
    return this;
  }

  /** Answers with a status and a body. */
  status(status: number, body: string, type = 'application/json'): void {
    this.response.writeHead(status, { 'content-type': type });
    this.response.end(body);
  }

  /** Closes the connection properly, in the middle of the answer. */
  cut(): void {
    this.request.socket.end();
  }

  reset(): void {
    this.request.socket.resetAndDestroy();
  }
}

/** An HTTP server in the place of Ollama whose answers the spec scripts, step by step. For specs only. */
export class ScriptedOllama {
  /** What `/api/show` answers. */
  details: Record<string, unknown> = { capabilities: ['completion'] };
  /** What `/api/tags` answers. */
  models: Record<string, unknown>[] | null | undefined = [{ name: 'tiny:latest', digest: 'abc' }];
  /** Method and path of all requests, in order. */
  readonly seen: string[] = [];

  private onDetails: () => void = () => undefined;
  private detailsHeld: Promise<void> = Promise.resolve();
  private readonly arrived: Exchange[] = [];
  private readonly waiting: ((exchange: Exchange) => void)[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    server.on('request', (request, response) => void this.take(request, response));
  }

  static async start(port = 0): Promise<ScriptedOllama> {
    const server = createServer();
    const scripted = new ScriptedOllama(server);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return scripted;
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.server)}`;
  }

  get openConnections(): number {
    return this.sockets.size;
  }

  /** The next chat request, in the order in which they came. */
  next(): Promise<Exchange> {
    const exchange = this.arrived.shift();
    return exchange ? Promise.resolve(exchange) : new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Lets requests for details wait until `releaseDetails`. */
  holdDetails(): void {
    this.detailsHeld = new Promise((resolve) => {
      this.releaseDetails = resolve;
    });
  }

  releaseDetails: () => void = () => undefined;

  /** Resolves when the next request for details has come. */
  nextDetails(): Promise<void> {
    return new Promise((resolve) => {
      this.onDetails = resolve;
    });
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    if (this.server.listening) {
      await once(this.server, 'close');
    }
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString();
    switch (request.url) {
      case '/api/show':
        this.onDetails();
        await this.detailsHeld;
        response.end(JSON.stringify(this.details));
        return;
      case '/api/tags':
        response.end(JSON.stringify({ models: this.models }));
        return;
      default: {
        const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
        const exchange = new Exchange(request, body, response);
        const waiting = this.waiting.shift();
        if (waiting) {
          waiting(exchange);
        } else {
          this.arrived.push(exchange);
        }
      }
    }
  }
}
