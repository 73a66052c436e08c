import { Injectable } from '@nestjs/common';
import { checkAgentNames } from '../agents/prompt/agent-names';
import { DomainError } from '../common/errors/domain-error';
import { type WriteOptions } from '../database/database';
import { discardLastTurn } from '../conversations/transcript-discards';
import { type ControlResult, type TurnRegenerated } from './dto/control.dto';
import { type ExperimentStarted } from './dto/experiment-answers.dto';
import { type ExperimentEntity } from './experiment.entity';
import { type ExperimentEnd, type KeepStopped, type StopRequest } from './experiment-end';
import { ExperimentLifecycle, type ExperimentStep, type StepResult } from './experiment-lifecycle';
import { ExperimentRepository } from './experiment.repository';
import { ExperimentRunner } from './experiment-runner';
import { ExperimentStarter } from './experiment-starter';
import { type ExperimentState, isIdle, isTerminal, legacyStatus, type PauseReason } from './experiment-state';
import { rerunOf } from './rerun';
import { openRuns } from './run-rows';

const CANCELLED_END: ExperimentEnd = { state: 'cancelled', errorCode: 'CANCELLED', error: null };
const STOPPED_AS_ERROR: ExperimentEnd = {
  state: 'error',
  errorCode: 'CANCELLED',
  error: 'Stopped by a client',
};

/** What clients do with an experiment while it lives. Every request may be repeated: the answer says what it changed. */
@Injectable()
export class ExperimentControl {
  constructor(
    private readonly repository: ExperimentRepository,
    private readonly lifecycle: ExperimentLifecycle,
    private readonly runner: ExperimentRunner,
    private readonly starter: ExperimentStarter,
  ) {}

  /** Pauses it before its next turn, or with `now` at once. */
  async pause(id: string, when: 'turn' | 'now'): Promise<ControlResult> {
    const [before, result] = await this.step(id, (experiment) => pauseStep(experiment));
    const { state } = result.experiment;
    if (state === 'paused') {
      this.runner.dequeue(id);
      return this.answer(before, id, result.changed);
    }
    const breaksOff = state === 'pausing' && when === 'now';
    if (state === 'pausing') {
      await this.runner.pause(id, when);
    }
    return this.answer(before, id, result.changed || breaksOff);
  }

  /** Lets a paused experiment go on, or wait for its turn to run; takes back a pause that has not come into effect. */
  async resume(id: string): Promise<ControlResult> {
    const [before, result] = await this.step(id, (experiment) => resumeStep(experiment, new Date()));
    if (result.changed) {
      this.goOn(result.experiment);
    }
    return this.answer(before, id, result.changed);
  }

  /** Lets an experiment go on that is paused for one of these reasons, in its old place in the queue. */
  async resumeAfter(id: string, reasons: readonly PauseReason[]): Promise<boolean> {
    const [, { changed, experiment }] = await this.step(id, ({ state, pauseReason }) =>
      state === 'paused' && pauseReason !== null && reasons.includes(pauseReason)
        ? { state: 'queued' }
        : null,
    );
    if (changed) {
      this.goOn(experiment);
    }
    return changed;
  }

  /** Ends it: the call under way is aborted. */
  stop(id: string, keep: KeepStopped): Promise<ControlResult> {
    return this.endWith(id, CANCELLED_END, keep);
  }

  /** The same, asked for as an error. */
  stopAsError(id: string): Promise<ControlResult> {
    return this.endWith(id, STOPPED_AS_ERROR, 'excluded');
  }

  /** Makes the last turn of the first open run of a paused experiment again; then it is paused again. */
  async regenerateLastTurn(id: string): Promise<TurnRegenerated> {
    let discarded: { readonly iteration: number; readonly turn: number } | undefined;
    const [before] = await this.step(
      id,
      ({ state }) => {
        if (state !== 'paused') {
          throw conflict(`A turn can be made again while the experiment is paused; it is ${state}.`);
        }
        return { state: 'pausing' };
      },
      async (stream) => {
        const [run] = await openRuns(stream.tx, id);
        const turn =
          run &&
          (await discardLastTurn(stream, {
            experimentId: id,
            conversationId: run.id,
            iteration: run.iteration,
          }));
        if (!run || !turn) {
          throw conflict('There is no turn to be made again: no run is open, or it has no finished turn.');
        }
        discarded = { iteration: run.iteration, turn };
      },
    );
    if (!discarded) {
      throw new Error('A turn was neither discarded nor refused.');
    }
    await this.runner.startForOneTurn(id);
    return { ...(await this.answer(before, id, true)), ...discarded };
  }

  /**
   * Starts a new experiment with the same request and seeds, for all runs or those that did not end well.
   * @param newId its id; one that is stored under it was started by this same request before
   */
  async rerun(sourceId: string, runs: 'all' | 'failed', newId: string): Promise<ExperimentStarted> {
    const known = await this.starter.known(newId);
    if (known) {
      return known;
    }
    const source = await this.repository.get(sourceId);
    if (runs === 'failed' && !isTerminal(source.state)) {
      throw conflict(`Which runs have failed is known when the experiment is over; it is ${source.state}.`);
    }
    const wrong = checkAgentNames(source.agents);
    if (wrong) {
      throw new DomainError(wrong.code, `Failed to create experiment: ${wrong.message}`);
    }
    const without =
      runs === 'failed' ? await this.repository.completedIterations(sourceId) : new Set<number>();
    const again = rerunOf(source, without, newId);
    if (again.iterations === 0) {
      throw conflict('No run of the experiment has failed.');
    }
    return this.starter.add(again);
  }

  private async endWith(id: string, end: ExperimentEnd, keep: KeepStopped): Promise<ControlResult> {
    const [before, { changed, experiment }] = await this.step(
      id,
      (found) => stopStep(found, end),
      (stream, found) => this.lifecycle.closeIfIdle(stream, found, end, keep),
      { makesRoom: true },
    );
    this.runner.dequeue(id);
    if (experiment.state === 'stopping') {
      const reason = new DomainError('CANCELLED', 'The run was stopped by a client.');
      await this.runner.stop(id, { reason, end, keep } satisfies StopRequest);
    }
    return this.answer(before, id, changed);
  }

  private goOn(experiment: ExperimentEntity): void {
    if (experiment.state === 'queued') {
      this.starter.enqueue(experiment);
    } else {
      this.runner.keepGoing(experiment.id);
    }
  }

  /** A step with the state before it. @throws DomainError EXPERIMENT_NOT_FOUND */
  private async step(
    id: string,
    decide: (experiment: ExperimentEntity) => ExperimentStep | null,
    also?: Parameters<ExperimentLifecycle['step']>[2],
    options?: WriteOptions,
  ): Promise<[before: ExperimentState, result: StepResult]> {
    let before: ExperimentState = (await this.repository.get(id)).state;
    const result = await this.lifecycle.step(
      id,
      (experiment) => {
        before = experiment.state;
        return decide(experiment);
      },
      also,
      options,
    );
    return [before, result];
  }

  private async answer(before: ExperimentState, id: string, changed: boolean): Promise<ControlResult> {
    const experiment = await this.repository.get(id);
    const { state, pauseReason } = experiment;
    return {
      experiment_id: id,
      changed,
      previous_state: before,
      state,
      status: legacyStatus(state),
      pause_reason: pauseReason,
      queue_position: await this.repository.queuePosition(experiment),
    };
  }
}

/** A pause by a client outlasts any other: what is paused for another reason does not go on by itself after it. */
function pauseStep({ state, pauseReason, errorCode }: ExperimentEntity): ExperimentStep | null {
  switch (state) {
    case 'running':
      return { state: 'pausing' };
    case 'queued':
    case 'waiting_input':
      return { state: 'paused', pauseReason: 'user' };
    case 'paused':
      return pauseReason === 'user' ? null : { state: 'paused', pauseReason: 'user', errorCode };
    default:
      return null;
  }
}

/** A person decided that it goes on: crashes before that do not count any more. */
function resumeStep({ state }: ExperimentEntity, now: Date): ExperimentStep | null {
  switch (state) {
    case 'paused':
      return {
        state: 'queued',
        queuedAt: now.toISOString(),
        crashStarts: 0,
        aloneCrashes: 0,
        runsAlone: false,
      };
    case 'pausing':
      return { state: 'running' };
    default:
      return null;
  }
}

/**
 * What nobody works on ends at once. What is worked on is told to stop first; how it is to end is stored, for the case of a
 * crash before it has.
 */
function stopStep({ state }: ExperimentEntity, end: ExperimentEnd): ExperimentStep | null {
  if (isTerminal(state) || state === 'stopping') {
    return null;
  }
  return isIdle(state) ? end : { ...end, state: 'stopping' };
}

function conflict(message: string): DomainError {
  return new DomainError('STATE_CONFLICT', message);
}
