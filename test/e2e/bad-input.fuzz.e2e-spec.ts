import { shapeFault } from '../support/error-shape';
import { anAgent, anExperiment } from '../support/factories';
import { randomRequest } from '../support/mutations';
import { Random } from '../support/random';
import { type RawAnswer, type RawRequest, send } from '../support/raw-http';
import { NO_OLLAMA, type ServerProcess, startServerProcess } from '../support/server-process';

const REQUESTS = 3_000;
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

describe('random requests', () => {
  let server: ServerProcess;

  beforeAll(async () => {
    server = await startServerProcess(NO_OLLAMA, { DATABASE_SYNCHRONOUS: 'normal' });
  });
  afterAll(() => server.close());

  /** What is wrong with an answer; null when it may be. */
  const faultOf = ({ method }: RawRequest, answer: RawAnswer): string | null => {
    if (answer.status >= 500) {
      return `${answer.status}: ${answer.text.slice(0, 300)}`;
    }
    // HEAD has no body; 417 and the text for a foreign preflight are not ours to shape.
    const isPlain = method === 'HEAD' || answer.status === 417;
    return answer.status < 400 || isPlain ? null : shapeFault(answer);
  };

  it(`${REQUESTS} of them get no 5xx and no error of a wrong form, and the server outlives them`, async () => {
    const id = await server.api.start(VALID);
    const statuses = new Map<number, number>();
    const faults: object[] = [];
    const work = async (first: number) => {
      for (let index = first; index < REQUESTS; index += AT_ONCE) {
        const request = randomRequest(new Random(seed + index), VALID, id);
        const answer = await send(server.url, request);
        const fault = faultOf(request, answer);
        if (fault !== null) {
          faults.push({ index, ...request, body: String(request.body ?? '').slice(0, 1_000), fault });
        }
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        if (request.method === 'POST' && answer.status === 200) {
          const { experiment_id: started } = answer.json as { experiment_id: string };
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
