import { requestJson, untilOver } from '../requests';
import { ANSWER_SECONDS, LOAD_SECONDS, type Rig, TOKENS_PER_ANSWER, workDone } from './rig';

/** Turns of a run. */
export const TURNS = 8;

export const TWO_MODELS = ['llama3.2:3b', 'mistral:7b'] as const;
export const THIRD_MODEL = 'phi4-mini:3.8b';

/** An experiment of the bench: a run of eight turns for each item, its agents in turn. */
export interface Study {
  /** Of each agent. */
  readonly models: readonly string[];
  readonly items: number;
  /** What its conversations are about: two studies of one topic could use each other's prompt cache. */
  readonly topic?: string;
  /** Conversations that are open side by side; `auto` unless given. */
  readonly parallelism?: number;
}

/** What came of a study. */
export interface StudyResult {
  /** From the request to the end. */
  readonly seconds: number;
  /** Of models, at all Ollama servers. */
  readonly loads: number;
  /** When it was started, in milliseconds since 1970. */
  readonly startedAtMs: number;
}

/** Tokens at the pace of the GPU, and a load for each turn: what the conversations take when they go in step. */
export function idealSeconds(items: number): number {
  return items * TURNS * ANSWER_SECONDS + TURNS * LOAD_SECONDS;
}

/** @returns the id of the experiment */
export async function startStudy(serverUrl: string, study: Study): Promise<string> {
  const { models, items, topic = 'harbour', parallelism = 'auto' } = study;
  const agents = models.map((model, index) => ({
    id: `agent-${index}`,
    name: NAMES[index],
    prompt: `You are ${NAMES[index]}.`,
    color: '#10B981',
    model,
  }));
  const { experiment_id: id } = await requestJson<{ experiment_id: string }>(
    `${serverUrl}/api/experiments/start`,
    {
      task: {
        id: 'bench',
        prompt: 'Talk about this.',
        datasetItems: Array.from({ length: items }, (_, index) => ({
          task: `${topic} ${index}: describe it.`,
        })),
      },
      agents,
      team: { type: 'round_robin', participants: agents.map(({ name }) => name) },
      stop: { type: 'max_turns', turns: TURNS },
      parallelism,
    },
  );
  return id;
}

/** Waits for the end of a study. @throws Error when a run of it has failed */
export async function finishStudy(serverUrl: string, id: string, { items }: Study): Promise<void> {
  const { state, completed_runs: runs, error_code: code } = await untilOver(serverUrl, id);
  if (state !== 'completed' || runs !== items) {
    throw new Error(`The experiment is ${state} (${code ?? 'no error'}) with ${runs} of ${items} runs.`);
  }
}

/** Runs a study that has the rig for itself. */
export async function runStudy(rig: Rig, study: Study): Promise<StudyResult> {
  const before = await workDone(rig);
  const startedAtMs = Date.now();
  const id = await startStudy(rig.url, study);
  await finishStudy(rig.url, id, study);
  const seconds = (Date.now() - startedAtMs) / 1_000;
  const after = await workDone(rig);
  checkAnswers(study.items, after.answers - before.answers, after.tokens - before.tokens);
  return { seconds, loads: after.loads - before.loads, startedAtMs };
}

/** Figures mean nothing when more or less was said than planned. */
export function checkAnswers(items: number, answers: number, tokens: number): void {
  const wanted = items * TURNS;
  if (answers !== wanted || tokens !== wanted * TOKENS_PER_ANSWER) {
    throw new Error(
      `${answers} answers of ${tokens} tokens in all came, not ${wanted} of ${TOKENS_PER_ANSWER} each.`,
    );
  }
}

const NAMES = ['Guide', 'Critic'];
