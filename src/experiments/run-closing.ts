import { discardRun } from '../conversations/transcript-discards';
import { failOpenTurns, finishRun, type RunOutcome } from '../conversations/transcript-runs';
import { storeActiveMs } from '../conversations/transcript-rows';
import { turnRunOf } from '../conversations/transcript-turns';
import { type StreamTransaction } from '../live/event-log';
import { type ModelCallRecord } from '../ollama/model-caller';
import { type ExperimentEntity } from './experiment.entity';
import { type ExperimentEnd, type KeepStopped } from './experiment-end';
import { moveCurrentIteration, openRuns } from './run-rows';

export const INTERRUPTED_TEXT = 'The server stopped in the middle of this turn.';

const CANCELLED_OUTCOME: RunOutcome = {
  state: 'cancelled',
  endReason: null,
  errorCode: 'CANCELLED',
  error: 'The run was stopped by a client.',
};

/** A run that is closed, and how it ended. */
export interface ClosedRun {
  readonly experimentId: string;
  readonly conversationId: string;
  readonly iteration: number;
  readonly agents: readonly { readonly name: string; readonly model: string }[];
  readonly outcome: RunOutcome;
  /** Finished turns. */
  readonly turns: number;
  /** Calls to models that belong to none of its turns. */
  readonly looseCalls: readonly ModelCallRecord[];
  /** Active milliseconds; null = those that are stored. */
  readonly activeMs: number | null;
}

/** Closes a run and counts it. */
export async function closeRun(stream: StreamTransaction, run: ClosedRun, keep: KeepStopped): Promise<void> {
  const { outcome, turns } = run;
  if (outcome.state === 'cancelled' && keep === 'none') {
    await discardRun(stream, run);
    return;
  }
  const isCounted = outcome.state === 'cancelled' && keep === 'counted' && turns > 0;
  const closed: RunOutcome = isCounted
    ? { state: 'completed', endReason: { type: 'stopped', turn: turns }, errorCode: null, error: null }
    : outcome;
  if (run.activeMs !== null) {
    await storeActiveMs(stream.tx, run.conversationId, run.activeMs);
  }
  await finishRun(stream, turnRunOf(run), closed, run.looseCalls);
  await stream.tx.query(
    'UPDATE experiments SET completed_runs = completed_runs + ?, failed_runs = failed_runs + ? WHERE id = ?',
    [closed.state === 'completed' ? 1 : 0, closed.state === 'error' ? 1 : 0, run.experimentId],
  );
}

/** Closes all open runs of an experiment that ends, in the order of their numbers. */
export async function closeRuns(
  stream: StreamTransaction,
  experiment: ExperimentEntity,
  end: ExperimentEnd,
  keep: KeepStopped,
): Promise<void> {
  await failTurnsOfOpenRuns(stream, experiment, false);
  const outcome: RunOutcome =
    end.errorCode === 'CANCELLED'
      ? CANCELLED_OUTCOME
      : { state: 'error', endReason: null, errorCode: end.errorCode, error: end.error };
  const { id: experimentId, agents } = experiment;
  for (const { id: conversationId, iteration, turn_count: turns } of await openRuns(
    stream.tx,
    experimentId,
  )) {
    const run = { experimentId, conversationId, iteration, agents };
    await closeRun(stream, { ...run, outcome, turns, looseCalls: [], activeMs: null }, keep);
  }
  await moveCurrentIteration(stream.tx, experimentId);
}

/** Ends the attempts at turns that a stopped server left open. */
export async function failTurnsOfOpenRuns(
  stream: StreamTransaction,
  { id: experimentId, agents }: ExperimentEntity,
  willRetry: boolean,
): Promise<void> {
  for (const { id: conversationId, iteration } of await openRuns(stream.tx, experimentId)) {
    await failOpenTurns(stream, turnRunOf({ conversationId, iteration, agents }), {
      code: 'INTERRUPTED',
      message: INTERRUPTED_TEXT,
      willRetry,
    });
  }
}
