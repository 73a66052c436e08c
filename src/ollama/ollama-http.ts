import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { abortReason } from './abort-reason';
import { errorFromSocket, errorFromStatus, ModelCallError } from './model-call-error';

/** Longest body of an answer that is not a stream. */
const MAX_JSON_BYTES = 16 * 1024 * 1024;

export interface OllamaRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Starts with `/api/`. */
  readonly path: string;
  /** Sent as JSON; a Buffer is sent as it is. */
  readonly body?: unknown;
  /** The model that it is about, for messages. */
  readonly model?: string;
  readonly signal?: AbortSignal;
  /** Called when the connection is there. */
  readonly onConnect?: () => void;
}

/**
 * HTTP to one Ollama server over node:http, which has no hidden time limit (Node's fetch gives up after 300 s of silence,
 * ollama-wire §12). Aborting closes the connection at once in every phase, which is how Ollama is told to stop.
 * A connection of its own for each call: no call can meet one that the other side has just closed.
 */
export class OllamaHttp {
  private readonly headers: Record<string, string>;

  constructor(
    readonly address: string,
    apiKey: string,
  ) {
    this.headers = {
      'content-type': 'application/json',
      accept: 'application/x-ndjson, application/json',
      authorization: `Bearer ${apiKey}`,
    };
  }

  /**
   * Sends a request and gives the answer once its headers are there and its status is good.
   * @throws ModelCallError; or the reason of the signal when it was aborted
   */
  async open(request: OllamaRequest): Promise<IncomingMessage> {
    request.signal?.throwIfAborted();
    const response = await this.send(request);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) {
      return response;
    }
    const text = await readText(response, this.address);
    request.signal?.throwIfAborted();
    throw errorFromStatus(status, text, request.model ?? '');
  }

  /** Sends a request and gives its JSON answer. Ends with OLLAMA_UNREACHABLE after `timeoutMs`. */
  async json<T>(request: OllamaRequest, timeoutMs: number): Promise<T> {
    const text = await this.text(request, timeoutMs);
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new ModelCallError(
        'BAD_STREAM',
        `The answer from ${this.address} is not JSON. Is it an Ollama server?`,
      );
    }
  }

  /** Sends a request and gives its answer as text, which may be empty. Ends with OLLAMA_UNREACHABLE after `timeoutMs`. */
  async text(request: OllamaRequest, timeoutMs: number): Promise<string> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;
    try {
      return await readText(await this.open({ ...request, signal }), this.address);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (timeout.aborted) {
        throw new ModelCallError(
          'OLLAMA_UNREACHABLE',
          `Ollama at ${this.address} did not answer within ${timeoutMs} ms.`,
        );
      }
      throw error;
    }
  }

  private send(request: OllamaRequest): Promise<IncomingMessage> {
    const body = bytesOf(request.body);
    const url = new URL(this.address + request.path);
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const outgoing = start(url, {
        method: request.method,
        agent: false,
        headers: {
          ...this.headers,
          ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
        },
      });
      closeOnAbort(outgoing, request.signal);
      outgoing.once('socket', (socket) => socket.once('connect', () => request.onConnect?.()));
      outgoing.once('response', resolve);
      outgoing.on('error', (error) => {
        reject(
          request.signal?.aborted ? abortReason(request.signal) : errorFromSocket(error, this.address, false),
        );
      });
      outgoing.end(body);
    });
  }
}

function bytesOf(body: unknown): Buffer | string | undefined {
  return body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body);
}

function closeOnAbort(outgoing: ClientRequest, signal: AbortSignal | undefined): void {
  if (!signal) {
    return;
  }
  const close = () => outgoing.destroy(new Error('aborted'));
  signal.addEventListener('abort', close, { once: true });
  outgoing.once('close', () => signal.removeEventListener('abort', close));
}

async function readText(response: IncomingMessage, address: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_JSON_BYTES) {
        response.destroy();
        throw new ModelCallError(
          'RESPONSE_TOO_LARGE',
          `The answer from ${address} is larger than ${MAX_JSON_BYTES} bytes.`,
        );
      }
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof ModelCallError ? error : errorFromSocket(error as Error, address, true);
  }
  return Buffer.concat(chunks).toString('utf8');
}
