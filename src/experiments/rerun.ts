import { ExperimentEntity } from './experiment.entity';
import { runCount } from './experiment-titles';
import { notStarted } from './not-started';

/**
 * An experiment that makes runs of another one again: same request, same root seed, and each run with the seeds that it
 * had, so that what failed by accident comes out as it would have.
 * @param without numbers of the runs that are left out
 */
export function rerunOf(
  source: ExperimentEntity,
  without: ReadonlySet<number>,
  id: string,
): ExperimentEntity {
  const numbers = Array.from({ length: source.iterations }, (_, index) => index + 1).filter(
    (number) => !without.has(number),
  );
  const items = source.task.datasetItems;
  const hasItems = items !== null && items.length > 0;
  const task = hasItems
    ? { ...source.task, datasetItems: items.filter((_, index) => !without.has(index + 1)) }
    : source.task;
  return Object.assign(new ExperimentEntity(), {
    ...source,
    ...notStarted(new Date().toISOString()),
    id,
    task,
    iterations: numbers.length === 0 ? 0 : runCount(task, numbers.length),
    sourceIterations: numbers.map((number) => source.sourceIterations?.[number - 1] ?? number),
    rerunOf: source.id,
  } satisfies ExperimentEntity);
}
