import { requestJson, untilOver } from '../requests';
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
  await untilOver(serverUrl, id);
  return figuresOf(pattern, strength, readExperiment(dataDirectory, id));
}
