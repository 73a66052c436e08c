import { type Agent } from '../agents/prompt/agent';

/** Who says the prompt of a run: an extra agent that clients expect in the list, after the configured ones. */
export interface SystemAgent {
  readonly id: string;
  readonly name: 'System';
  readonly color: string;
  readonly model: 'System';
}

/** Its id is `agent-<number of agents>` as it always was, or the next one that no agent has (wire contract 8.2). */
export function systemAgent(agents: readonly Pick<Agent, 'id'>[]): SystemAgent {
  const taken = new Set(agents.map(({ id }) => id));
  let number = agents.length;
  while (taken.has(`agent-${number}`)) {
    number += 1;
  }
  return { id: `agent-${number}`, name: 'System', color: '#6366F1', model: 'System' };
}
