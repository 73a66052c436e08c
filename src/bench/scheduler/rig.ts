import { type Child } from '../child';
import { type Simulator } from '../simulator-control';
import { type Workshop } from '../workshop';

/** What a GPU of the bench does: all times are a tenth of real ones. */
export const TOKENS_PER_SECOND = 500;
export const LOAD_SECONDS = 0.5;
export const TOKENS_PER_ANSWER = 100;
export const ANSWER_SECONDS = TOKENS_PER_ANSWER / TOKENS_PER_SECOND;
/** SCHEDULER_MAX_WAIT_SECONDS. */
export const MAX_WAIT_SECONDS = 6;

export interface RigOptions {
  /** Ollama servers; 1 unless given. */
  readonly servers?: number;
  /** Answers at the same time at each of them; 1 unless given. */
  readonly slots?: number;
  /** Pace at which what a slot has not seen yet is read; at once unless given. */
  readonly promptTokensPerSecond?: number;
}

/** A server of ours and the Ollama servers that it uses. Each of these holds one model at a time. */
export interface Rig {
  readonly url: string;
  readonly server: Child;
  readonly dataDirectory: string;
  readonly simulators: readonly Simulator[];
}

export async function startRig(
  workshop: Workshop,
  { servers = 1, slots = 1, promptTokensPerSecond = 0 }: RigOptions = {},
): Promise<Rig> {
  const simulators: Simulator[] = [];
  for (let started = 0; started < servers; started += 1) {
    const simulator = await workshop.startSimulator({ tokensPerSecond: TOKENS_PER_SECOND, slots });
    await simulator.configure({
      loadMs: LOAD_SECONDS * 1_000,
      maxLoadedModels: 1,
      promptTokensPerSecond,
    });
    await simulator.answerWith(TOKENS_PER_ANSWER);
    simulators.push(simulator);
  }
  const dataDirectory = workshop.newFolder('data-');
  const { server, url } = await workshop.startServer(
    {
      OLLAMA_URLS: simulators.map((simulator) => simulator.url).join(','),
      OLLAMA_NUM_PARALLEL: String(slots),
      SCHEDULER_MAX_WAIT_SECONDS: String(MAX_WAIT_SECONDS),
    },
    dataDirectory,
  );
  return { url, server, dataDirectory, simulators };
}

/** What all simulators of a rig have done so far. */
export async function workDone({ simulators }: Rig) {
  const all = await Promise.all(simulators.map((simulator) => simulator.stats()));
  const sum = (value: (stats: (typeof all)[number]) => number) =>
    all.reduce((total, stats) => total + value(stats), 0);
  return {
    answers: sum(({ chats }) => chats.finished),
    tokens: sum(({ tokensSent }) => tokensSent),
    loads: sum(({ loads }) => loads),
    promptTokensRead: sum(({ promptTokensRead }) => promptTokensRead),
    promptTokensCached: sum(({ promptTokensCached }) => promptTokensCached),
  };
}
