import { type AgentModel } from '../../src/agents/agent.dto';
import { type ExperimentRequest } from '../../src/experiments/dto/experiment-request.dto';

type Changes<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** A valid agent as a client sends it. */
export function anAgent(name: string, changes: Changes<AgentModel> = {}) {
  return {
    id: name.toLowerCase(),
    name,
    prompt: `You are ${name}.`,
    color: '#10B981',
    model: 'llama3.2:3b',
    ...changes,
  };
}

/** A valid request: two agents, round robin, two turns. */
export function anExperiment(changes: Record<string, unknown> = {}) {
  return {
    task: { id: 'task-1', prompt: 'Plan a trip' },
    agents: [anAgent('Guide'), anAgent('Critic')],
    iterations: 1,
    chat_rules: { max_rounds: 2 },
    ...changes,
  } satisfies Record<keyof Pick<ExperimentRequest, 'task' | 'agents' | 'iterations' | 'chat_rules'>, unknown>;
}
