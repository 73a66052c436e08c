import { ExperimentEntity } from './experiment.entity';
import { runCount } from './experiment-titles';

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
  const now = new Date().toISOString();
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
    id,
    state: 'queued',
    task,
    iterations: numbers.length === 0 ? 0 : runCount(task, numbers.length),
    sourceIterations: numbers.map((number) => source.sourceIterations?.[number - 1] ?? number),
    rerunOf: source.id,
    pauseReason: null,
    queuedAt: now,
    crashStarts: 0,
    aloneCrashes: 0,
    runsAlone: false,
    turnsAtStart: 0,
    currentIteration: 0,
    completedRuns: 0,
    failedRuns: 0,
    messageCount: 0,
    lastSeq: 0,
    activeMs: 0,
    errorCode: null,
    error: null,
    createdAt: now,
    completedAt: null,
    importedAt: null,
  } satisfies ExperimentEntity);
}
