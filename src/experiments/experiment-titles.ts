import { type ItemFields } from '../agents/prompt/placeholders';
import { type ExperimentEntity } from './experiment.entity';

const TITLE_CHARACTERS = 100;

/** The title that an experiment gets from its prompt: at most 100 characters, then `...`. */
export function titleFromPrompt(prompt: string): string {
  const characters = [...prompt];
  return characters.length > TITLE_CHARACTERS
    ? `${characters.slice(0, TITLE_CHARACTERS).join('')}...`
    : prompt;
}

/** Title of a run, the same wherever it is shown. */
export function runTitle(task: ExperimentEntity['task'], iteration: number): string {
  return hasItems(task) ? `Dataset item ${iteration}` : `Run ${iteration}`;
}

/** What the agents of a run are asked. */
export function runTask(task: ExperimentEntity['task'], iteration: number): string {
  return task.datasetItems?.[iteration - 1]?.task ?? task.prompt;
}

/** What prompts of a run may name as `{{item.<field>}}`; empty without a dataset. */
export function itemFields(task: ExperimentEntity['task'], iteration: number): ItemFields {
  const item = task.datasetItems?.[iteration - 1];
  return item ? { ...item.fields, task: item.task, answer: item.answer } : {};
}

/** Number of runs: one for each dataset item, else as many as were asked for. */
export function runCount(task: ExperimentEntity['task'], iterations: number): number {
  return hasItems(task) ? (task.datasetItems?.length ?? 0) : iterations;
}

/**
 * Whether a title is one that the dashboard makes up when an experiment completes (`Experiment: ` and the title of
 * the live run): it must not replace the user's own.
 */
export function isMadeUpTitle(title: string): boolean {
  return /^Experiment: (Live|Run \d+|Dataset item \d+)$/.test(title);
}

function hasItems(task: ExperimentEntity['task']): boolean {
  return (task.datasetItems?.length ?? 0) > 0;
}
