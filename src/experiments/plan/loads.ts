import { fullModelName } from '../../ollama/model-name';

/** How often each model is loaded, by a name that agents give it. */
export type Loads = ReadonlyMap<string, number>;

/** How the calls of an experiment are scheduled, as far as it decides what they cost. */
export interface SchedulingInput {
  /** Runs that are open side by side, at most all of them. */
  readonly parallelism: number;
  /** Whether all models fit into the memory together. */
  readonly fitTogether: boolean;
  /** Of all servers. */
  readonly slots: number;
  /** SCHEDULER_MAX_WAIT_SECONDS. */
  readonly maxWaitSeconds: number;
}

/** Calls that are made side by side. Those of one run are taken to be made one after the other. */
export function callsAtOnce({ parallelism, slots }: SchedulingInput): number {
  return Math.min(parallelism, slots);
}

/**
 * How often each model is loaded when the calls are made one by one, run by run, and one model fits into the memory:
 * whenever another one was called before.
 */
export function loadsIn(models: readonly string[], runs: number): Loads {
  const loads = new Map<string, number>();
  const names = models.map(fullModelName);
  names.forEach((name, index) => {
    const model = models[index] ?? name;
    const isFirst = index === 0;
    const before = isFirst ? names.at(-1) : names[index - 1];
    const again = before === name ? 0 : isFirst ? runs - 1 : runs;
    loads.set(model, (loads.get(model) ?? 0) + again + (isFirst ? 1 : 0));
  });
  return loads;
}

/**
 * How often each model is loaded when the calls of all open runs for one model are made together. Models that fit together are
 * loaded once. Others are loaded as often as in one run for every batch of open runs; more often where calls for one model
 * take longer than those for another may wait; never more often than run by run.
 * @param models of the calls of one run, in their order
 * @param callSeconds seconds that all calls take when they are scheduled so, loads left out; null = not known
 */
export function scheduledLoads(
  models: readonly string[],
  runs: number,
  callSeconds: number | null,
  { parallelism, fitTogether, maxWaitSeconds }: SchedulingInput,
): Loads {
  if (fitTogether) {
    const spellings = new Map(models.toReversed().map((model) => [fullModelName(model), model]));
    return new Map([...spellings.values()].map((model) => [model, 1]));
  }
  const batches = Math.ceil(runs / parallelism);
  const slices = Math.ceil((callSeconds ?? 0) / maxWaitSeconds);
  const batchesOfSlices = Math.ceil(slices / Math.max(sumOfLoads(loadsIn(models, 1)), 1));
  return loadsIn(models, Math.min(Math.max(batches, batchesOfSlices), runs));
}

export function sumOfLoads(loads: Loads): number {
  return [...loads.values()].reduce((sum, count) => sum + count, 0);
}
