import { requestJson } from '../requests';
import { type Figures, figuresOf } from './figures';
import { type Strength } from './options';
import { type Pattern, type PatternName, PATTERNS, TASK } from './patterns';
import { readExperiment } from './stored';

export interface PatternOrder {
  readonly pattern: PatternName;
  readonly strength: Strength;
  readonly conversations: number;
  readonly seed: number;
  readonly serverUrl: string;
  readonly dataDirectory: string;
}

/** Seconds that one request waits for the end; there is no limit to how often it asks. */
const WAIT_SECONDS = 20;

/** Runs the conversations of a pattern as one experiment. The simulator slips in the strength that it has been set to. */
export async function runPattern(order: PatternOrder): Promise<Figures> {
  const { pattern, strength, conversations, seed, serverUrl, dataDirectory } = order;
  const { agents, team, stop }: Pattern = PATTERNS[pattern];
  const { experiment_id: id } = await requestJson<{ experiment_id: string }>(
    `${serverUrl}/api/experiments/start`,
    {
      task: { id: `${pattern}-${strength}`, prompt: TASK },
      agents,
      team,
      ...(stop ? { stop } : {}),
      iterations: conversations,
      seed,
    },
  );
  await untilOver(`${serverUrl}/api/experiments/${id}/wait?timeout=${WAIT_SECONDS}`);
  return figuresOf(pattern, strength, readExperiment(dataDirectory, id));
}

async function untilOver(url: string): Promise<void> {
  for (;;) {
    const { completed_at: completedAt, state } = await requestJson<{
      completed_at: string | null;
      state: string;
    }>(url);
    if (completedAt !== null) {
      return;
    }
    if (state === 'paused') {
      throw new Error('The server has paused the experiment.');
    }
  }
}
