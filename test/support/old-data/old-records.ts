/** Records as the FastAPI backend wrote them, with valid defaults. */

type Fields = Record<string, unknown>;

/** An agent of `experiment.json`. */
export function oldAgent(name: string, changes: Fields = {}): Fields {
  return {
    id: name.toLowerCase(),
    name,
    prompt: `You are ${name}.`,
    color: '#10B981',
    model: 'llama3.2:3b',
    temperature: null,
    ...changes,
  };
}

/** `experiment.json`: snake_case but for `datasetItems`, times on the clocks of the server. */
export function oldExperiment(id: string, changes: Fields = {}): Fields {
  return {
    id,
    title: `Experiment ${id}`,
    status: 'completed',
    created_at: '2026-01-22T19:05:22.351143',
    completed_at: '2026-01-22T19:07:00.000001',
    agents: [oldAgent('Guide'), oldAgent('Critic')],
    task: { id: 'task-1', prompt: 'Plan a trip', datasetItems: null },
    iterations: 1,
    ...changes,
  };
}

/** An agent of a conversation, in camelCase. */
export function oldSpeaker(name: string, changes: Fields = {}): Fields {
  return {
    id: name.toLowerCase(),
    name,
    color: '#10B981',
    originalName: null,
    model: 'llama3.2:3b',
    ...changes,
  };
}

export const OLD_SYSTEM = {
  id: 'agent-2',
  name: 'System',
  color: '#6366F1',
  originalName: null,
  model: 'System',
};

export function oldMessage(
  id: string,
  agentId: string,
  name: string,
  content: string,
  changes: Fields = {},
): Fields {
  return { id, agentId, content, timestamp: '2026-01-22T19:05:23.351143', model: name, ...changes };
}

/** `conversations/<n>.json` of the current layout: camelCase, and the time of its making twice. */
export function oldRun(experimentId: string, iteration: number, changes: Fields = {}): Fields {
  return {
    id: `${experimentId}_${iteration}`,
    title: `Run ${iteration}`,
    agents: [oldSpeaker('Guide'), oldSpeaker('Critic'), OLD_SYSTEM],
    messages: [
      oldMessage(`${experimentId}-${iteration}-0`, 'agent-2', 'System', 'Plan a trip'),
      oldMessage(`${experimentId}-${iteration}-1`, 'guide', 'Guide', `Lisbon, for run ${iteration}`),
      oldMessage(`${experimentId}-${iteration}-2`, 'critic', 'Critic', 'Too far'),
    ],
    createdAt: '2026-01-22T19:06:00.000000',
    created_at: '2026-01-22T18:06:00.000000+00:00',
    experiment_id: experimentId,
    iteration,
    source: null,
    importedAt: null,
    ...changes,
  };
}

/** `imported_conversations/<id>.json`: snake_case throughout. */
export function oldSaved(id: string, changes: Fields = {}): Fields {
  return {
    imported_at: '2026-01-20T10:00:00+00:00',
    id,
    title: `Saved ${id}`,
    agents: [{ id: 'a1', name: 'Guide', color: '#3B82F6', original_name: 'Old guide', model: 'm:1b' }],
    messages: [
      { id: 's1', agent_id: 'a1', content: 'Hello', timestamp: '2026-01-20T09:00:00Z', model: 'Guide' },
      { id: 's2', agent_id: 'a1', content: 'Again', timestamp: '2026-01-20T09:00:01Z' },
    ],
    source: 'import',
    created_at: '2026-01-20T09:00:00+00:00',
    ...changes,
  };
}

/** A value of `pull_tasks.json`. */
export function oldPull(id: string, changes: Fields = {}): Fields {
  return {
    task_id: id,
    model_name: 'm:1b',
    status: 'completed',
    progress: { status: 'success', total: 1000, completed: 1000, disk_space_available_gb: 75.13 },
    error: null,
    created_at: '2026-01-22T19:00:00.000000',
    started_at: '2026-01-22T19:00:01.000000',
    completed_at: '2026-01-22T19:01:00.000000',
    last_progress_update: '2026-01-22T19:00:59.000000',
    retry_count: 1,
    last_retry_at: null,
    ...changes,
  };
}
