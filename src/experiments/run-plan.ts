import { toAgent } from '../agents/agent.dto';
import { type ConversationPlan } from '../conversations/conversation-plan';
import { type ExperimentEntity } from './experiment.entity';
import { itemFields, runTask, runTitle } from './experiment-titles';

/** Id of the run of a number. */
export function runId(experimentId: string, iteration: number): string {
  return `${experimentId}_${iteration}`;
}

/** The run of a number, as it is begun and as it is taken up again. */
export function planOf(experiment: ExperimentEntity, iteration: number): ConversationPlan {
  const seedKey = experiment.sourceIterations?.[iteration - 1] ?? iteration;
  return {
    experimentId: experiment.id,
    conversationId: runId(experiment.id, iteration),
    iteration,
    title: runTitle(experiment.task, seedKey),
    task: runTask(experiment.task, iteration),
    agents: experiment.agents.map(toAgent),
    item: itemFields(experiment.task, iteration),
    contextPolicy: experiment.contextPolicy,
    rules: experiment.rules,
    rootSeed: experiment.rootSeed,
    seedKey,
  };
}
