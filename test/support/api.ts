import { type Conversation } from '../../src/conversations/conversation.dto';
import {
  type ExperimentDetail,
  type ExperimentListItem,
} from '../../src/experiments/dto/experiment-answers.dto';
import { type StoredEvent } from '../../src/live/event-types';

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** The REST API as a client uses it. */
export function apiOf(url: string) {
  const call = async <T>(method: string, path: string, body?: unknown): Promise<Answer<T>> => {
    const response = await fetch(url + path, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parse(text) as T };
  };
  const api = {
    call,
    get: <T>(path: string) => call<T>('GET', path),
    post: <T>(path: string, body: unknown) => call<T>('POST', path, body),
    put: <T>(path: string, body?: unknown) => call<T>('PUT', path, body),
    delete: <T>(path: string) => call<T>('DELETE', path),
    /** Starts an experiment and gives its id. */
    start: async (request: unknown): Promise<string> => {
      const { status, body } = await call<{ experiment_id: string }>(
        'POST',
        '/api/experiments/start',
        request,
      );
      if (status !== 200) {
        throw new Error(`start: ${status} ${JSON.stringify(body)}`);
      }
      return body.experiment_id;
    },
    experiment: async (id: string): Promise<ExperimentDetail> =>
      (await call<ExperimentDetail>('GET', `/api/experiments/${id}`)).body,
    list: async (): Promise<ExperimentListItem[]> =>
      (await call<{ experiments: ExperimentListItem[] }>('GET', '/api/experiments')).body.experiments,
    events: async (id: string): Promise<StoredEvent[]> =>
      (await call<{ events: StoredEvent[] }>('GET', `/api/experiments/${id}/events?limit=1000`)).body.events,
  };
  return api;
}

export type Api = ReturnType<typeof apiOf>;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What was said in a run, as `agent id: text`. */
export function said(run: Conversation | null | undefined): string[] {
  return (run?.messages ?? []).map(({ agentId, content }) => `${agentId}: ${content}`);
}
