import {
  type ModelOperationResponse,
  type PullHealth,
  type PullTaskStatus,
} from '../../src/models/dto/pull.dto';
import { type Answer, type Api } from './api';
import { PlainClient } from './plain-client';

type Started = { task_id: string | null; existing_task_id: string | null; message: string };

/** The routes and sockets of pulls as a client uses them. */
export function pullsOf({ url, api }: { readonly url: string; readonly api: Api }) {
  const watch = (id: string) => PlainClient.connect(url, `/api/models/ws/pull/${id}`);
  const pulls = {
    post: (name: unknown, server?: unknown) =>
      api.post<Started>('/api/models/pull', { name, ...(server === undefined ? {} : { server }) }),
    /** Starts a pull and gives its id. */
    start: async (name: string, server?: string): Promise<string> => {
      const { status, body } = await pulls.post(name, server);
      if (status !== 200 || body.task_id === null) {
        throw new Error(`pull: ${status} ${JSON.stringify(body)}`);
      }
      return body.task_id;
    },
    get: async (id: string): Promise<PullTaskStatus> =>
      (await api.get<PullTaskStatus>(`/api/models/pull/${id}`)).body,
    list: async (): Promise<Record<string, PullTaskStatus>> =>
      (await api.get<Record<string, PullTaskStatus>>('/api/models/pull')).body,
    health: async (id: string): Promise<PullHealth> =>
      (await api.get<PullHealth>(`/api/models/pull/${id}/health`)).body,
    cancel: (id: string): Promise<Answer<ModelOperationResponse>> =>
      api.delete<ModelOperationResponse>(`/api/models/pull/${id}`),
    dismiss: (id: string): Promise<Answer<ModelOperationResponse>> =>
      api.delete<ModelOperationResponse>(`/api/models/pull/${id}/dismiss`),
    watch,
    /** Waits until the server knows that a part of a pull is there; the simulator is ahead of it. */
    untilPercent: async (id: string, percent: number): Promise<void> => {
      const client = await watch(id);
      await client.frames.waitFor(({ type, data }) => {
        const progress = type === 'progress' ? data : data['progress'];
        return Number((progress as { percent?: number } | null)?.percent) >= percent;
      }, `${percent} %`);
      client.socket.close();
    },
    /** Waits until a pull is over, as the dashboard does, and gives how it ended. */
    untilOver: async (id: string): Promise<PullTaskStatus> => {
      const client = await watch(id);
      await client.closed;
      return pulls.get(id);
    },
    /** Starts a pull and waits until it is over. */
    run: async (name: string, server?: string): Promise<PullTaskStatus> =>
      pulls.untilOver(await pulls.start(name, server)),
  };
  return pulls;
}
