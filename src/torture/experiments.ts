/** Requests of experiments, as clients send them. */

export const MODEL = 'llama3.2:3b';

export function agents(...names: readonly string[]) {
  return names.map((name) => ({
    id: name.toLowerCase(),
    name,
    prompt: `You are ${name}.`,
    color: '#10B981',
    model: MODEL,
  }));
}

/** Agents that speak in turn. */
export function roundRobin(
  prompt: string,
  { turns = 8, iterations = 1, seed = 1, names = ['Guide', 'Critic', 'Clerk'] } = {},
) {
  return {
    task: { id: 'torture', prompt },
    agents: agents(...names),
    iterations,
    seed,
    chat_rules: { max_rounds: turns },
  };
}

/** Agents of whom a model says who speaks next. */
export function selector(prompt: string, options: Parameters<typeof roundRobin>[1] = {}) {
  const request = roundRobin(prompt, options);
  return {
    ...request,
    chat_rules: {
      ...request.chat_rules,
      team_type: 'selector',
      selector_prompt: 'Choose the next speaker. {roles} {participants} {history}',
    },
  };
}

/** One agent that says one thing. */
export function solo(prompt: string, seed = 1) {
  return roundRobin(prompt, { turns: 1, seed, names: ['Solo'] });
}
