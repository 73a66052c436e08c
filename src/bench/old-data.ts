import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A data directory as the first backend leaves it. */
export interface OldDataSize {
  readonly experiments: number;
  readonly runsOfEach: number;
  readonly messagesOfEach: number;
  /** Characters of a message. */
  readonly characters: number;
}

const STARTED_MS = Date.UTC(2026, 0, 1);

/** Writes experiments with their runs, all of them finished. */
export function writeOldData(folder: string, size: OldDataSize): void {
  const text = 'All is well. '.repeat(Math.ceil(size.characters / 13)).slice(0, size.characters);
  for (let experiment = 1; experiment <= size.experiments; experiment += 1) {
    const id = `experiment-${experiment}`;
    const home = join(folder, 'experiments', id);
    mkdirSync(join(home, 'conversations'), { recursive: true });
    writeFileSync(join(home, 'experiment.json'), JSON.stringify(experimentOf(id, experiment, size)));
    for (let run = 1; run <= size.runsOfEach; run += 1) {
      const file = join(home, 'conversations', `${run}.json`);
      writeFileSync(file, JSON.stringify(runOf(id, experiment, run, text, size)));
    }
  }
}

const AGENTS = ['Guide', 'Critic'].map((name, index) => ({
  id: `agent-${index + 10}`,
  name,
  prompt: `You are ${name}.`,
  color: '#10B981',
  model: 'llama3.2:3b',
  temperature: 0.7,
}));

function experimentOf(id: string, number: number, { runsOfEach }: OldDataSize): object {
  return {
    id,
    title: `Plan a weekend in town number ${number}`,
    status: 'completed',
    created_at: timeOf(number, 0).slice(0, -1),
    completed_at: timeOf(number, 3_600).slice(0, -1),
    agents: AGENTS,
    task: { id: 'task-1', prompt: `Plan a weekend in town number ${number}`, datasetItems: null },
    iterations: runsOfEach,
  };
}

function runOf(id: string, number: number, run: number, text: string, size: OldDataSize): object {
  const agents = [
    ...AGENTS.map(({ prompt: _prompt, temperature: _temperature, ...agent }) => ({
      ...agent,
      originalName: null,
    })),
    { id: 'agent-2', name: 'System', color: '#6366F1', originalName: null, model: 'System' },
  ];
  const messages = Array.from({ length: size.messagesOfEach }, (_, index) => {
    const speaker = index === 0 ? agents[2] : agents[index % 2];
    return {
      id: `${id}-${run}-${index}`,
      agentId: speaker?.id,
      content: text,
      timestamp: timeOf(number, run * 60 + index).slice(0, -1),
      model: speaker?.name,
    };
  });
  return {
    id: `${id}_${run}`,
    title: `Run ${run}`,
    agents,
    messages,
    createdAt: timeOf(number, run * 60).slice(0, -1),
    created_at: timeOf(number, run * 60).replace('Z', '+00:00'),
    experiment_id: id,
    iteration: run,
    source: null,
    importedAt: null,
  };
}

function timeOf(experiment: number, seconds: number): string {
  return new Date(STARTED_MS + experiment * 3_600_000 + seconds * 1_000).toISOString();
}
