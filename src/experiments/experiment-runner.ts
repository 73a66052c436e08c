import { Injectable, Logger } from '@nestjs/common';
import { DomainError } from '../common/errors/domain-error';
import { ConversationRunner, type ConversationResult } from '../conversations/conversation-runner';
import { ModelUse } from '../ollama/model-use';
import { type ExperimentEntity } from './experiment.entity';
import { type ExperimentEnd, ExperimentLifecycle } from './experiment-lifecycle';

/** Longest delay of a timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** An experiment that is being worked on. */
interface ActiveExperiment {
  readonly abort: AbortController;
  /** How it ends when it is stopped; null while nobody stopped it. */
  stoppedWith: ExperimentEnd | null;
  readonly done: Promise<void>;
}

/** Why an experiment is stopped before its time, and how it then ends. */
export interface StopReason {
  readonly code: 'CANCELLED' | 'INTERRUPTED' | 'EXPERIMENT_TIMEOUT';
  readonly message: string;
  readonly end: ExperimentEnd;
}

/** Works on experiments: the runs of each one after the other, all experiments side by side. */
@Injectable()
export class ExperimentRunner {
  private readonly logger = new Logger(ExperimentRunner.name);
  private readonly active = new Map<string, ActiveExperiment>();

  constructor(
    private readonly lifecycle: ExperimentLifecycle,
    private readonly conversations: ConversationRunner,
    private readonly modelUse: ModelUse,
  ) {}

  /** Starts work on a stored experiment and returns at once. */
  start(experiment: ExperimentEntity): void {
    const abort = new AbortController();
    const active: ActiveExperiment = {
      abort,
      stoppedWith: null,
      // The map has the entry before any of the work runs.
      done: Promise.resolve()
        .then(() => this.work(experiment, active))
        .catch((error: unknown) => {
          this.logger.error('an experiment could not be worked on', { experiment_id: experiment.id, error });
        })
        .finally(() => this.active.delete(experiment.id)),
    };
    this.active.set(experiment.id, active);
  }

  /**
   * Stops an experiment: the model call under way is aborted, what was said is kept, the end is stored.
   * @returns when that is done; false when it was not being worked on
   */
  async stop(experimentId: string, reason: StopReason): Promise<boolean> {
    const active = this.active.get(experimentId);
    if (!active) {
      return false;
    }
    interrupt(active, reason);
    await active.done;
    return true;
  }

  /** Stops all experiments because the server goes down. */
  async stopAll(reason: StopReason): Promise<void> {
    await Promise.all([...this.active.keys()].map((id) => this.stop(id, reason)));
  }

  private async work(experiment: ExperimentEntity, active: ActiveExperiment): Promise<void> {
    const { id, iterations } = experiment;
    const startedAt = performance.now();
    const activeMs = () => experiment.activeMs + Math.round(performance.now() - startedAt);
    const releaseModels = this.modelUse.hold(
      id,
      experiment.agents.map(({ model }) => model),
    );
    const timer = setTimeout(
      () => interrupt(active, timeoutReason()),
      Math.min(experiment.timeoutSeconds * 1000, MAX_TIMER_MS),
    );
    this.logger.log('experiment started', { experiment_id: id, runs: iterations });
    try {
      for (let iteration = 1; iteration <= iterations; iteration += 1) {
        if (active.stoppedWith) {
          await this.lifecycle.end(id, active.stoppedWith);
          break;
        }
        const plan = await this.lifecycle.startRun(experiment, iteration);
        const result = await this.conversations.run(plan, active.abort.signal);
        const isLast = iteration === iterations || active.stoppedWith !== null;
        await this.lifecycle.finishRun(plan, result, activeMs(), isLast ? endOf(active, result) : null);
        if (isLast) {
          break;
        }
      }
    } catch (error) {
      await this.lifecycle.end(id, {
        state: 'error',
        errorCode: 'INTERNAL_ERROR',
        error: 'The backend failed; its log has the details.',
      });
      throw error;
    } finally {
      clearTimeout(timer);
      releaseModels();
      this.logger.log('experiment ended', { experiment_id: id, active_ms: activeMs() });
    }
  }
}

function interrupt(active: ActiveExperiment, { code, message, end }: StopReason): void {
  active.stoppedWith ??= end;
  active.abort.abort(new DomainError(code, message));
}

function timeoutReason(): StopReason {
  return {
    code: 'EXPERIMENT_TIMEOUT',
    message: 'The experiment used up its active time.',
    end: { state: 'error', errorCode: 'EXPERIMENT_TIMEOUT', error: 'experiment_timeout' },
  };
}

/**
 * How the experiment ends after its last run. It is an error only when no run succeeded, since existing clients hide
 * everything that was said behind an error (decision 4); the code tells of a timeout all the same.
 */
function endOf(
  active: ActiveExperiment,
  last: ConversationResult,
): (experiment: ExperimentEntity) => ExperimentEnd {
  return ({ completedRuns }) => {
    const { stoppedWith } = active;
    if (completedRuns > 0 && (stoppedWith === null || stoppedWith.errorCode === 'EXPERIMENT_TIMEOUT')) {
      return { state: 'completed', errorCode: stoppedWith?.errorCode ?? null, error: null };
    }
    return (
      stoppedWith ?? {
        state: 'error',
        errorCode: last.outcome.errorCode,
        error: last.outcome.error ?? 'terminated_without_final',
      }
    );
  };
}
