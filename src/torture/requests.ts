import { request } from 'node:http';
import { text } from 'node:stream/consumers';

const TIME_LIMIT_MS = 30_000;

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** One request on a connection of its own: one that a killed server left behind is never used again. */
export function send<T>(method: string, url: string, body?: unknown): Promise<Answer<T>> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method,
      agent: false,
      timeout: TIME_LIMIT_MS,
      headers:
        payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) },
    });
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${url} was not answered in time`)));
    sent.on('error', reject);
    sent.on('response', (response) => {
      text(response).then(
        (answer) => resolve({ status: response.statusCode ?? 0, body: parse(answer) as T }),
        reject,
      );
    });
    sent.end(payload);
  });
}

/** The same, where only an answer of success is of use. */
export async function ask<T>(method: string, url: string, body?: unknown): Promise<T> {
  const { status, body: answer } = await send<T>(method, url, body);
  if (status < 200 || status > 299) {
    throw new Error(`${method} ${url}: ${status} ${JSON.stringify(answer).slice(0, 1_000)}`);
  }
  return answer;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
