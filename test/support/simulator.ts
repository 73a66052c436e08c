import { join } from 'node:path';
import { startProgram } from './child-process';

const PROGRAM = join(__dirname, '../../dist/simulator/main.js');

/** A chat request as the simulator recorded it. */
export interface RecordedRequest {
  readonly path: string;
  readonly body: {
    readonly model: string;
    readonly messages: { readonly role: string; readonly content: string }[];
    readonly options: Record<string, unknown>;
    readonly format?: unknown;
    readonly think?: unknown;
    readonly keep_alive?: unknown;
  };
  readonly headers: Record<string, string>;
  readonly outcome: string;
  /** The fault that it met. */
  readonly fault: string | null;
}

/** The Ollama simulator as a process of its own, with its control routes. */
export interface Simulator {
  readonly url: string;
  /** Calls a control route: `control('script', {…})`. */
  readonly control: (route: string, body?: unknown) => Promise<unknown>;
  /** Answers that the model gives next, in order. */
  readonly script: (...replies: object[]) => Promise<unknown>;
  readonly faults: (...faults: object[]) => Promise<unknown>;
  readonly stats: () => Promise<Record<string, unknown>>;
  readonly requests: (path?: string) => Promise<RecordedRequest[]>;
  /** Waits until a counter is there: `waitFor('chats.started', 2)`. */
  readonly waitFor: (stat: string, atLeast: number) => Promise<void>;
  /** Waits until a counter has a value. */
  readonly waitUntil: (stat: string, value: number) => Promise<void>;
  readonly reset: () => Promise<unknown>;
  readonly stop: () => Promise<unknown>;
}

const QUICK =
  '--tokens-per-second 0 --load-ms 0 --slots 8 --pull-bytes-per-second 0 --pull-tick-ms 5 --pull-verify-ms 0'.split(
    ' ',
  );

/** Starts a simulator that answers and pulls as fast as it can. */
export async function startSimulator(...flags: string[]): Promise<Simulator> {
  const program = await startProgram(
    PROGRAM,
    ['--port', '0', ...QUICK, ...flags],
    {},
    /listening on (http:\/\/\S+)/,
  );
  const url = program.match[1] ?? '';
  const call = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${url}/_sim/${path}`, init);
    if (!response.ok) {
      throw new Error(`simulator: ${path} ${response.status} ${await response.text()}`);
    }
    return response.json() as Promise<unknown>;
  };
  const post = (path: string, body: unknown = {}) =>
    call(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  return {
    url,
    control: post,
    script: (...replies) => post('script', { replies }),
    faults: (...faults) => post('faults', { faults }),
    stats: () => call('stats') as Promise<Record<string, unknown>>,
    requests: async (path = '/api/chat') => {
      const answer = (await call(`requests?path=${encodeURIComponent(path)}`)) as {
        requests: RecordedRequest[];
      };
      return answer.requests;
    },
    waitFor: async (stat, atLeast) => {
      await call(`wait?stat=${stat}&at_least=${atLeast}&timeout_ms=15000`);
    },
    waitUntil: async (stat, value) => {
      await call(`wait?stat=${stat}&equals=${value}&timeout_ms=15000`);
    },
    reset: () => post('reset'),
    stop: () => program.stop(),
  };
}
