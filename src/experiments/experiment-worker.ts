import { Injectable, Logger } from '@nestjs/common';
import { DomainError } from '../common/errors/domain-error';
import { type ErrorCode } from '../common/errors/error-codes';
import { type ConversationPlan } from '../conversations/conversation-plan';
import { type ConversationResult, ConversationRunner } from '../conversations/conversation-runner';
import { NEW_RUN, readRunProgress, type RunProgress } from '../conversations/run-progress';
import { Database } from '../database/database';
import { ModelUse } from '../ollama/model-use';
import { ActiveClock } from './active-clock';
import { type ActiveExperiment, type StopRequest } from './active-experiment';
import { ExperimentEstimates } from './estimate/experiment-estimates';
import { ENDED_TURNS } from './ended-turns-sql';
import { type ExperimentEntity } from './experiment.entity';
import { type ExperimentEnd, ExperimentLifecycle, openRuns, planOf } from './experiment-lifecycle';
import { ExperimentRepository } from './experiment.repository';
import { isTerminal, type PauseReason } from './experiment-state';

/** Longest delay of a timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Faults that pause an experiment instead of ending it, and how the pause is called. */
const PAUSE_REASON_OF: Partial<Record<ErrorCode, PauseReason>> = {
  OLLAMA_UNREACHABLE: 'ollama_away',
  CONNECT_TIMEOUT: 'ollama_away',
  OLLAMA_BUSY: 'ollama_busy',
  STALLED: 'turn_failed',
  STREAM_CUT: 'turn_failed',
  BAD_STREAM: 'turn_failed',
  STORAGE_FULL: 'storage_full',
};

/** What the work on an experiment needs of the one who orders it. */
export interface WorkOrder {
  /** Set for an experiment that has waited: whether it runs alone. */
  readonly alone: boolean | null;
  /** Whether the server stops: what is left is put back. */
  readonly isClosing: () => boolean;
  /** Aborted when the server stops and nothing more can be stored. */
  readonly storing: AbortSignal;
  /** Hears of every finished turn. */
  readonly onTurn: () => void;
}

/** How the work on an experiment was left; null = it is over, or was not begun. */
export type LeftExperiment = Pick<
  ExperimentEntity,
  'state' | 'pauseReason' | 'queuedAt' | 'createdAt'
> | null;

/** Works on one experiment: its runs one after the other, until it is over or left for now. */
@Injectable()
export class ExperimentWorker {
  private readonly logger = new Logger(ExperimentWorker.name);

  constructor(
    private readonly lifecycle: ExperimentLifecycle,
    private readonly repository: ExperimentRepository,
    private readonly conversations: ConversationRunner,
    private readonly database: Database,
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
      return await this.workOnRuns(active, experiment, clock, order);
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

  private async workOnRuns(
    active: ActiveExperiment,
    experiment: ExperimentEntity,
    clock: ActiveClock,
    order: WorkOrder,
  ): Promise<LeftExperiment> {
    for (;;) {
      const asked = active.stopAsked();
      if (asked) {
        await this.lifecycle.end(active.id, asked.end, asked.keep, lastPatience(order));
        return null;
      }
      if (active.shouldLeave) {
        const left = await this.leave(active, null, clock, order);
        if (left) {
          return left;
        }
      }
      const { plan, progress } = await this.nextRun(experiment, order);
      const result = await this.conversations.run(plan, progress, {
        signal: active.signal,
        shouldLeave: () => active.shouldLeave,
        onTurn: () => {
          active.countTurn();
          this.estimates.onTurn(active.id, plan.iteration);
          order.onTurn();
        },
        activeMs: () => clock.ms(),
        // Who stops an experiment on a full volume does not wait for room for its last turn.
        untilStored: AbortSignal.any([order.storing, active.stopSignal]),
      });
      if (result.kind === 'left') {
        const left = await this.leave(active, { plan, result }, clock, order);
        if (left) {
          return left;
        }
        continue;
      }
      // A stop may have come while the run was worked on.
      const stop = active.stopAsked();
      const isLast = plan.iteration === experiment.iterations || stop !== null;
      const keep = stop?.keep ?? 'excluded';
      const end = isLast ? endOf(stop, result) : null;
      this.estimates.onRunEnded(active.id, plan.iteration);
      await this.lifecycle.finishRun(plan, result, keep, clock.ms(), end, lastPatience(order));
      if (isLast) {
        return null;
      }
    }
  }

  /** The run that is open, or a new one. */
  private async nextRun(
    experiment: ExperimentEntity,
    order: WorkOrder,
  ): Promise<{ readonly plan: ConversationPlan; readonly progress: RunProgress }> {
    const [open] = await openRuns(this.database.read, experiment.id);
    if (open) {
      return {
        plan: planOf(experiment, open.iteration),
        progress: await readRunProgress(this.database.read, open.id),
      };
    }
    const { currentIteration } = await this.repository.get(experiment.id);
    const plan = await this.lifecycle.startRun(experiment, currentIteration + 1, patience(order));
    return { plan, progress: NEW_RUN };
  }

  /**
   * Stores that the experiment is left for now: paused, or put back because the server stops or another one goes first.
   * @returns how it is left; null when nobody wants that any more
   */
  private async leave(
    active: ActiveExperiment,
    left: {
      readonly plan: ConversationPlan;
      readonly result: ConversationResult & { readonly kind: 'left' };
    } | null,
    clock: ActiveClock,
    order: WorkOrder,
  ): Promise<LeftExperiment> {
    const fault = left?.result.fault ?? null;
    const reason = (fault === null ? undefined : PAUSE_REASON_OF[fault]) ?? active.pauseReason;
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
        if (reason) {
          return { state: 'paused', pauseReason: reason, errorCode: fault, activeMs };
        }
        return order.isClosing() || active.isMakingRoom
          ? { state: 'queued', runsAlone: false, activeMs }
          : null;
      },
      async (stream) => {
        if (left) {
          await this.lifecycle.keepCalls(stream, left.plan, left.result.looseCalls);
        }
      },
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

/** For what begins work. */
function patience({ storing }: WorkOrder) {
  return { untilStored: storing };
}

/** For what ends work: on a full volume it may use the last room, since it makes room. */
function lastPatience(order: WorkOrder) {
  return { ...patience(order), makesRoom: true };
}

const INTERNAL_END: ExperimentEnd = {
  state: 'error',
  errorCode: 'INTERNAL_ERROR',
  error: 'The backend failed; its log has the details.',
};

function timeoutRequest(): StopRequest {
  return {
    reason: new DomainError('EXPERIMENT_TIMEOUT', 'The experiment used up its active time.'),
    end: { state: 'error', errorCode: 'EXPERIMENT_TIMEOUT', error: 'experiment_timeout' },
    keep: 'excluded',
  };
}

/**
 * How the experiment ends after its last run. It is an error only when no run succeeded, since existing clients hide
 * everything that was said behind an error (decision 4); the code tells of a timeout all the same.
 */
function endOf(
  stop: StopRequest | null,
  last: ConversationResult & { readonly kind: 'ended' },
): (experiment: ExperimentEntity) => ExperimentEnd {
  return ({ completedRuns }) => {
    if (completedRuns > 0 && (stop === null || stop.end.errorCode === 'EXPERIMENT_TIMEOUT')) {
      return { state: 'completed', errorCode: stop?.end.errorCode ?? null, error: null };
    }
    return (
      stop?.end ?? {
        state: 'error',
        errorCode: last.outcome.errorCode,
        error: last.outcome.error ?? 'terminated_without_final',
      }
    );
  };
}
