import { Injectable, Logger } from '@nestjs/common';
import { DomainError } from '../common/errors/domain-error';
import { ModelUse } from '../ollama/model-use';
import { ActiveClock } from './active-clock';
import { type ActiveExperiment } from './active-experiment';
import { ExperimentEstimates } from './estimate/experiment-estimates';
import { ENDED_TURNS } from './ended-turns-sql';
import { type StopRequest } from './experiment-end';
import { type ExperimentEntity } from './experiment.entity';
import { ExperimentLifecycle } from './experiment-lifecycle';
import { ExperimentRepository } from './experiment.repository';
import { isTerminal } from './experiment-state';
import { type ExperimentWork, lastPatience, patience, type WorkOrder } from './experiment-work';
import { INTERNAL_END, RunsWorker } from './runs-worker';

/** Longest delay of a timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** How the work on an experiment was left; null = it is over, or was not begun. */
export type LeftExperiment = Pick<
  ExperimentEntity,
  'state' | 'pauseReason' | 'queuedAt' | 'createdAt'
> | null;

/** Works on one experiment until it is over or left for now. */
@Injectable()
export class ExperimentWorker {
  private readonly logger = new Logger(ExperimentWorker.name);

  constructor(
    private readonly lifecycle: ExperimentLifecycle,
    private readonly repository: ExperimentRepository,
    private readonly runs: RunsWorker,
    private readonly modelUse: ModelUse,
    private readonly estimates: ExperimentEstimates,
  ) {}

  /** Resolves when the experiment is over, or left for now. */
  async work(active: ActiveExperiment, order: WorkOrder): Promise<LeftExperiment> {
    const { id } = active;
    const { alone } = order;
    if (alone !== null && !(await this.begin(id, alone, order))) {
      return null;
    }
    const experiment = await this.repository.get(id);
    const clock = new ActiveClock(experiment.activeMs);
    const releaseModels = this.modelUse.hold(id, {
      models: experiment.agents.map(({ model }) => model),
      priority: experiment.priority,
      etaSeconds: () => this.estimates.secondsOf({ id, state: 'running' }),
    });
    const leftMs = experiment.timeoutSeconds * 1000 - experiment.activeMs;
    const timer = setTimeout(
      () => active.stop(timeoutRequest()),
      Math.min(Math.max(leftMs, 0), MAX_TIMER_MS),
    );
    this.logger.log('experiment started', { experiment_id: id, runs: experiment.iterations });
    try {
      await this.estimates.begin(experiment);
      return await this.workOnRuns({ active, experiment, clock, order });
    } catch (error) {
      await this.lifecycle.end(id, INTERNAL_END, 'excluded', lastPatience(order));
      throw error;
    } finally {
      clearTimeout(timer);
      releaseModels();
      this.estimates.end(id);
      this.logger.log('experiment left', { experiment_id: id, active_ms: clock.ms() });
    }
  }

  /** From waiting to running. @returns false when it was paused or stopped meanwhile */
  private async begin(id: string, alone: boolean, order: WorkOrder): Promise<boolean> {
    const { changed } = await this.lifecycle.step(
      id,
      ({ state }) =>
        state === 'queued' && !order.isClosing() ? { state: 'running', runsAlone: alone } : null,
      async ({ tx }) => {
        await tx.query(`UPDATE experiments SET turns_at_start = (${ENDED_TURNS}) WHERE id = ?`, [id, id, id]);
      },
      patience(order),
    );
    return changed;
  }

  private async workOnRuns(work: ExperimentWork): Promise<LeftExperiment> {
    const { active, order } = work;
    for (;;) {
      if (await this.runs.work(work)) {
        return null;
      }
      const asked = active.stopAsked();
      if (asked) {
        await this.lifecycle.end(active.id, asked.end, asked.keep, lastPatience(order));
        return null;
      }
      const left = await this.leave(work);
      if (left) {
        return left;
      }
    }
  }

  /**
   * Stores that the experiment is left for now: paused, or put back because the server stops or another one goes first.
   * @returns how it is left; null when nobody wants that any more
   */
  private async leave({ active, clock, order }: ExperimentWork): Promise<LeftExperiment> {
    const { pauseCause } = active;
    const activeMs = clock.ms();
    const { changed, experiment } = await this.lifecycle.step(
      active.id,
      ({ state }) => {
        if (isTerminal(state) || state === 'stopping') {
          return null;
        }
        if (state === 'pausing') {
          return { state: 'paused', pauseReason: 'user', activeMs };
        }
        if (pauseCause) {
          const { reason: pauseReason, fault: errorCode } = pauseCause;
          return { state: 'paused', pauseReason, errorCode, activeMs };
        }
        return order.isClosing() || active.isMakingRoom
          ? { state: 'queued', runsAlone: false, activeMs }
          : null;
      },
      undefined,
      lastPatience(order),
    );
    if (!changed) {
      active.renew();
      return null;
    }
    if (experiment.pauseReason !== null && experiment.pauseReason !== 'user') {
      this.logger.warn('experiment paused', {
        experiment_id: active.id,
        reason: experiment.pauseReason,
        code: experiment.errorCode,
      });
    }
    return experiment;
  }
}

function timeoutRequest(): StopRequest {
  return {
    reason: new DomainError('EXPERIMENT_TIMEOUT', 'The experiment used up its active time.'),
    end: { state: 'error', errorCode: 'EXPERIMENT_TIMEOUT', error: 'experiment_timeout' },
    keep: 'excluded',
  };
}
