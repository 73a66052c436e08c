import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { type Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';

/** What a server answered, with the body as it came and as JSON (undefined when it is none). */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: unknown;
}

export interface RawRequest {
  readonly method?: string;
  /** Sent as it is: `fetch` would tidy it up. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Connections are kept, so that thousands of requests do not use up the ports. */
const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** Sends a request through node:http, with exactly these headers and this path. Bodies are sent as JSON unless a header says else. */
export async function send(
  url: string,
  { method = 'GET', path, headers, body }: RawRequest,
): Promise<RawAnswer> {
  const isChunked = headers?.['transfer-encoding'] !== undefined;
  const length =
    body === undefined || isChunked ? undefined : { 'content-length': String(Buffer.byteLength(body)) };
  const type = body === undefined ? undefined : { 'content-type': 'application/json' };
  const { hostname, port } = new URL(url);
  const sent = request({ hostname, port, method, path, headers: { ...type, ...length, ...headers }, agent });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  sent.end(body);
  const [answer] = await answered;
  return rawAnswer(answer);
}

/** Asks for a WebSocket. The status is 101 when the server agrees; the connection is then cut. */
export async function knock(url: string, path: string, headers?: RawRequest['headers']): Promise<RawAnswer> {
  const result = await upgrade(url, { path, headers });
  if ('socket' in result) {
    result.socket.destroy();
    return { status: 101, headers: {}, text: '', json: undefined };
  }
  return result;
}

/** Asks for a WebSocket and gives its bare connection, or the answer when the server refuses. */
export async function upgrade(
  url: string,
  { method = 'GET', path, headers }: RawRequest,
): Promise<RawAnswer | { readonly socket: Duplex; readonly head: Buffer }> {
  const { hostname, port } = new URL(url);
  const sent = request({ hostname, port, method, path, agent: false, headers: { ...HANDSHAKE, ...headers } });
  return new Promise((resolve, reject) => {
    sent.once('upgrade', (_answer, socket, head) => {
      socket.on('error', () => socket.destroy());
      resolve({ socket, head });
    });
    sent.once('response', (answer) => void rawAnswer(answer).then(resolve, reject));
    sent.once('error', reject);
    sent.end();
  });
}

/** The headers that ask for a WebSocket. */
export const HANDSHAKE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
} as const;

/** Sends bytes as they are and gives all that comes back until the server closes the connection. */
export async function exchangeBytes(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  socket.end(bytes);
  return text(socket).catch(() => '');
}

async function rawAnswer(answer: IncomingMessage): Promise<RawAnswer> {
  const received = await text(answer);
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: received, json: parse(received) };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
