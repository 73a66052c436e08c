import { type ExperimentEntity } from './experiment.entity';

/** What is the same in every experiment that nothing was done for yet. */
export function notStarted(now: string) {
  return {
    state: 'queued',
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
  } as const satisfies Partial<ExperimentEntity>;
}
