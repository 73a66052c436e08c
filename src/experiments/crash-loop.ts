import { type ExperimentEntity } from './experiment.entity';
import { type ExperimentEnd } from './experiment-end';
import { type ExperimentStep } from './experiment-lifecycle';

/** What becomes of an experiment that a stopped server left unfinished. */
export type Recovery = { readonly step: ExperimentStep } | { readonly end: ExperimentEnd };

/** Starts in a row without a new turn after which it runs alone. */
const STARTS_BEFORE_ALONE = 2;
/** Crashes while it ran alone after which it is given up. */
const MAX_ALONE_CRASHES = 3;

/**
 * What becomes of an experiment that was running when the server ended without a word (decision 13). Whatever ends the server
 * again and again must not keep everything else from running, and must not be blamed on those that ran beside it: after
 * two starts without a new turn it runs alone, and only crashes while it runs alone count against it.
 * @param finishedTurns of all its runs
 */
export function afterCrash(
  experiment: Pick<ExperimentEntity, 'crashStarts' | 'aloneCrashes' | 'runsAlone' | 'turnsAtStart'>,
  finishedTurns: number,
): Recovery {
  if (finishedTurns > experiment.turnsAtStart) {
    return { step: { state: 'queued', crashStarts: 0, aloneCrashes: 0, runsAlone: false } };
  }
  const crashStarts = experiment.crashStarts + 1;
  const aloneCrashes = experiment.aloneCrashes + (experiment.runsAlone ? 1 : 0);
  if (aloneCrashes >= MAX_ALONE_CRASHES) {
    return {
      end: {
        state: 'error',
        errorCode: 'CRASH_LOOP',
        error: `The server ended ${MAX_ALONE_CRASHES} times while this experiment alone was running.`,
      },
    };
  }
  return {
    step: { state: 'queued', crashStarts, aloneCrashes, runsAlone: crashStarts >= STARTS_BEFORE_ALONE },
  };
}
