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

/** A valid conversation as a client saves it: two agents, two messages. */
export function aConversation(changes: Record<string, unknown> = {}) {
  return {
    id: 'conv-1',
    title: 'Two views of Lisbon',
    agents: [
      { id: 'a1', name: 'Guide', color: '#10B981', originalName: null, model: 'llama3.2:3b' },
      { id: 'a2', name: 'Critic', color: '#EF4444', originalName: 'Grumbler', model: 'qwen3:8b' },
    ],
    messages: [aMessage(1), aMessage(2)],
    createdAt: '2026-01-22T19:05:22.000Z',
    importedAt: '2026-01-23T08:00:00.000Z',
    source: 'import',
    ...changes,
  };
}

/** A valid message of such a conversation. */
export function aMessage(number: number, changes: Record<string, unknown> = {}) {
  return {
    id: `m${number}`,
    agentId: number % 2 === 1 ? 'a1' : 'a2',
    content: `Text ${number}`,
    timestamp: '2026-01-22T19:05:23.000Z',
    model: number % 2 === 1 ? 'Guide' : 'Critic',
    ...changes,
  };
}
