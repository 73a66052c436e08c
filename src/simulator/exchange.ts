import { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { goStringify } from './go-json';
import { RequestRecord } from './request-log';
import { nextTurn, waitFor } from './timing';

/** One request of an Ollama client and the way to answer it. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  path: string;
  body: string;
  record: RequestRecord;
  receivedAt: number;
  /** Aborted when the client leaves before the answer is complete. */
  signal: AbortSignal;
}

export const JSON_TYPE = 'application/json; charset=utf-8';
export const STREAM_TYPE = 'application/x-ndjson';

export function readBody(request: IncomingMessage): Promise<string> {
  return buffer(request).then((bytes) => bytes.toString('utf8'));
}

/** Answers with a text, whose length is announced. */
export function sendText(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendText(response, status, JSON_TYPE, goStringify(value));
}

/** Waits until the socket takes more; an abort rejects. */
export async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  await waitFor(signal, (done) => {
    response.once('drain', done);
    return () => response.removeListener('drain', done);
  });
}

/** Breaks the connection after what was written so far went out; `hard` sends a reset. */
export async function breakConnection(exchange: Exchange, hard: boolean): Promise<void> {
  const { response, request } = exchange;
  if (response.writableNeedDrain) {
    await drained(response, exchange.signal);
  }
  await nextTurn();
  if (hard) {
    request.socket.resetAndDestroy();
  } else {
    request.socket.destroy();
  }
}
