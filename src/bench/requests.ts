const TIME_LIMIT_MS = 30_000;

/** Sends JSON, or nothing, and gives the JSON of the answer. */
export async function requestJson<T>(
  url: string,
  body?: unknown,
  method = body === undefined ? 'GET' : 'POST',
): Promise<T> {
  const content =
    body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(url, { method, ...content, signal: AbortSignal.timeout(TIME_LIMIT_MS) });
  const text = await answer.text();
  if (!answer.ok) {
    throw new Error(`${url} answered ${answer.status}: ${text}`);
  }
  return JSON.parse(text) as T;
}

/** Where an experiment stands, as far as it is needed here. */
export interface Progress {
  readonly state: string;
  readonly completed_at: string | null;
  readonly completed_runs: number;
  readonly error_code: string | null;
}

/** Seconds that one request waits for the end; there is no limit to how often it asks. */
const WAIT_SECONDS = 20;

/** Waits for the end of an experiment. */
export async function untilOver(serverUrl: string, experimentId: string): Promise<Progress> {
  for (;;) {
    const progress = await requestJson<Progress>(
      `${serverUrl}/api/experiments/${experimentId}/wait?timeout=${WAIT_SECONDS}`,
    );
    if (progress.completed_at !== null) {
      return progress;
    }
    if (progress.state === 'paused') {
      throw new Error('The server has paused the experiment.');
    }
  }
}

export const MODEL = 'llama3.2:3b';

/** Starts an experiment in which one agent says one thing. @returns its id */
export async function startExperiment(serverUrl: string, prompt: string): Promise<string> {
  const { experiment_id: id } = await requestJson<{ experiment_id: string }>(
    `${serverUrl}/api/experiments/start`,
    {
      task: { id: 'bench', prompt },
      agents: [
        { id: 'guide', name: 'Guide', prompt: 'You are a travel guide.', color: '#10B981', model: MODEL },
      ],
    },
  );
  return id;
}

/** A talk of two agents who take turns. */
export interface Talk {
  readonly prompt: string;
  readonly runs: number;
  /** Turns of each run. */
  readonly turns: number;
}

/** Starts an experiment of many turns. @returns its id */
export async function startTalk(serverUrl: string, { prompt, runs, turns }: Talk): Promise<string> {
  const agents = ['Guide', 'Critic'].map((name) => ({
    id: name.toLowerCase(),
    name,
    prompt: `You are ${name}.`,
    color: '#10B981',
    model: MODEL,
  }));
  const { experiment_id: id } = await requestJson<{ experiment_id: string }>(
    `${serverUrl}/api/experiments/start`,
    { task: { id: 'bench', prompt }, agents, iterations: runs, chat_rules: { max_rounds: turns } },
  );
  return id;
}
