import { shapeFault } from '../support/error-shape';
import { anAgent, anExperiment } from '../support/factories';
import { type GoodRequest, randomRequest } from '../support/mutations';
import { Random } from '../support/random';
import { type RawAnswer, type RawRequest, send } from '../support/raw-http';
import { NO_OLLAMA, type ServerProcess, startServerProcess } from '../support/server-process';

const REQUESTS = 5_000;
const AT_ONCE = 16;

/** `FUZZ_SEED=… npx jest …` repeats a run that failed. */
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

const VALID = anExperiment({
  task: { id: 'task-1', prompt: 'Plan a trip', datasetItems: [{ task: 'One?', answer: '1' }] },
  agents: [
    anAgent('Guide', { temperature: 0.5, options: { top_k: 40, stop: ['END'], think: 'low' } }),
    anAgent('Critic'),
  ],
  chat_rules: {
    max_rounds: 2,
    team_type: 'selector',
    selector_prompt: '{roles}',
    allow_repeat_speaker: true,
  },
  timeout_seconds: 60,
  seed: 7,
});

const CONVERSATION = {
  id: 'talk-1',
  title: 'A talk',
  agents: [{ id: 'ann', name: 'Ann', color: '#10B981', model: 'llama2', originalName: null }],
  messages: [
    { id: 'msg-1', agentId: 'ann', content: 'Hello', timestamp: '2026-01-22T19:05:23Z', model: 'Ann' },
    { id: 'msg-2', agentId: 'ann', content: 'Bye', timestamp: '2026-01-22T19:05:24Z' },
  ],
  createdAt: '2026-01-22T19:05:22Z',
  importedAt: '2026-01-23T19:05:22Z',
  source: 'import',
};

/** What a server without Ollama has to say of it. */
const OF_OLLAMA: ReadonlySet<unknown> = new Set([
  'OLLAMA_UNREACHABLE',
  'UPSTREAM_FAILED',
  'CATALOG_UPDATE_FAILED',
]);

describe('random requests', () => {
  let server: ServerProcess;

  beforeAll(async () => {
    server = await startServerProcess(NO_OLLAMA, { DATABASE_SYNCHRONOUS: 'normal' });
  });
  afterAll(() => server.close());

  /** What is wrong with an answer; null when it may be. */
  const faultOf = ({ method }: RawRequest, answer: RawAnswer): string | null => {
    if (answer.status >= 500 && !OF_OLLAMA.has((answer.json as { code?: unknown } | undefined)?.code)) {
      return `${answer.status}: ${answer.text.slice(0, 300)}`;
    }
    // HEAD has no body; 417 and the text for a foreign preflight are not ours to shape.
    const isPlain = method === 'HEAD' || answer.status === 417;
    return answer.status < 400 || isPlain ? null : shapeFault(answer);
  };

  it(`${REQUESTS} of them get no 5xx and no error of a wrong form, and the server outlives them`, async () => {
    const id = await server.api.start(VALID);
    await server.api.post('/api/conversations', CONVERSATION);
    const good: [GoodRequest, ...GoodRequest[]] = [
      { method: 'POST', path: '/api/experiments/start', body: VALID },
      { method: 'PUT', path: `/api/experiments/${id}`, body: { title: 'T', status: 'running' } },
      { method: 'POST', path: '/api/conversations', body: CONVERSATION },
      { method: 'PUT', path: '/api/conversations/talk-1', body: CONVERSATION },
      { method: 'PUT', path: `/api/conversations/${id}_1`, body: { title: 'My run' } },
      {
        method: 'POST',
        path: '/api/conversations/import',
        body: [CONVERSATION, { messages: [{ agent: { name: 'Bob' }, content: 'Hi' }] }],
      },
      { method: 'POST', path: '/api/models/pull', body: { name: 'llama3.2:3b' } },
      {
        method: 'POST',
        path: '/api/ollama/generate',
        body: { model: 'm', prompt: 'p', options: { seed: 1 } },
      },
      { method: 'POST', path: '/api/ollama/test/list', body: { endpoint: NO_OLLAMA } },
    ];
    const statuses = new Map<number, number>();
    const faults: object[] = [];
    const work = async (first: number) => {
      for (let index = first; index < REQUESTS; index += AT_ONCE) {
        const request = randomRequest(new Random(seed + index), good, [
          id,
          `${id}_1`,
          'talk-1',
          'llama3.2:3b',
        ]);
        const answer = await send(server.url, request);
        const fault = faultOf(request, answer);
        if (fault !== null) {
          faults.push({ index, ...request, body: String(request.body ?? '').slice(0, 1_000), fault });
        }
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        const started = (answer.json as { experiment_id?: unknown } | undefined)?.experiment_id;
        if (request.method === 'POST' && answer.status === 200 && typeof started === 'string') {
          await server.api.delete(`/api/experiments/${started}`);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, (_, first) => work(first)));

    expect({ seed, faults: faults.slice(0, 5) }).toEqual({ seed, faults: [] });
    expect({ seed, complaint: server.complaint() }).toEqual({ seed, complaint: null });
    // The requests are neither all refused nor all taken.
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 404, 405, 422]));
    const again = await server.api.start(anExperiment());
    expect((await server.api.delete(`/api/experiments/${again}`)).status).toBe(200);
  });
});
