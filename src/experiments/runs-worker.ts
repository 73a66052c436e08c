import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/errors/domain-error';
import { type ErrorCode } from '../common/errors/error-codes';
import { type ConversationPlan, type RunOrder } from '../conversations/conversation-plan';
import { type ConversationResult, ConversationRunner } from '../conversations/conversation-runner';
import { NEW_RUN, readRunProgress, type RunProgress } from '../conversations/run-progress';
import { modelsOfTeam } from '../conversations/team/team-models';
import { Database } from '../database/database';
import { CallScheduler } from '../ollama/call-scheduler';
import { ExperimentEstimates } from './estimate/experiment-estimates';
import { type ExperimentEnd } from './experiment-end';
import { ExperimentLifecycle } from './experiment-lifecycle';
import { type PauseReason } from './experiment-state';
import { type ExperimentWork, lastPatience } from './experiment-work';
import { type NextRun, OpenRuns } from './open-runs';
import { planOf } from './run-plan';
import { lastBegunRun, openRuns } from './run-rows';
import { SideBySide } from './side-by-side';

export const INTERNAL_END: ExperimentEnd = {
  state: 'error',
  errorCode: 'INTERNAL_ERROR',
  error: 'The backend failed; its log has the details.',
};

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

/** A run whose work has come to an end, or was left. */
interface WorkedRun {
  readonly plan: ConversationPlan;
  readonly result: ConversationResult;
}

/** The runs of an experiment while they are worked on. */
interface RunsWork extends ExperimentWork {
  readonly runs: OpenRuns;
  readonly atWork: SideBySide<WorkedRun>;
  /** Models that the runs call. */
  readonly models: readonly string[];
}

/** Works on the runs of an experiment, as many side by side as it wants. */
@Injectable()
export class RunsWorker {
  constructor(
    private readonly lifecycle: ExperimentLifecycle,
    private readonly conversations: ConversationRunner,
    private readonly database: Database,
    private readonly scheduler: CallScheduler,
    private readonly estimates: ExperimentEstimates,
  ) {}

  /**
   * Resolves when no run is worked on any more.
   * @returns whether the experiment is over; else it was stopped, or is to be left
   */
  async work(work: ExperimentWork): Promise<boolean> {
    const { active, experiment } = work;
    const { read } = this.database;
    const open = (await openRuns(read, active.id)).map(({ iteration }) => iteration);
    const runsWork: RunsWork = {
      ...work,
      runs: new OpenRuns(open, await lastBegunRun(read, active.id), experiment.iterations),
      atWork: new SideBySide(),
      models: [...experiment.agents.map(({ model }) => model), ...modelsOfTeam(experiment.rules.team)],
    };
    active.onMoreToDo = () => runsWork.atWork.lookAgain();
    try {
      return await this.workUntilIdle(runsWork);
    } catch (error) {
      const reason = new DomainError('INTERNAL_ERROR', 'The work on the experiment failed.');
      active.stop({ reason, end: INTERNAL_END, keep: 'excluded' });
      await runsWork.atWork.idle();
      throw error;
    }
  }

  private async workUntilIdle(work: RunsWork): Promise<boolean> {
    for (;;) {
      await this.takeRuns(work);
      if (work.atWork.size === 0) {
        return false;
      }
      const worked = await work.atWork.next();
      if (worked !== null && (await this.settle(work, worked))) {
        return true;
      }
    }
  }

  /** Takes runs to work as far as there may be more side by side; the answer may differ from one moment to the next. */
  private async takeRuns(work: RunsWork): Promise<void> {
    const { active, runs, atWork } = work;
    while (active.mayTakeRun && runs.atWorkCount < this.limit(work)) {
      const next = runs.take();
      if (next === null) {
        return;
      }
      const order = this.orderOf(work, next.iteration);
      try {
        const { plan, progress } = await this.prepare(work, next, order);
        active.countRun();
        atWork.add(this.workOn(plan, progress, order));
      } catch (error) {
        if (active.stopAsked() === null) {
          throw error;
        }
        // It was to be stored until the experiment was stopped.
        return;
      }
    }
  }

  private async workOn(plan: ConversationPlan, progress: RunProgress, order: RunOrder): Promise<WorkedRun> {
    return { plan, result: await this.conversations.run(plan, progress, order) };
  }

  private limit({ active, experiment, models }: RunsWork): number {
    return active.isOnTrial ? 1 : (experiment.parallelism ?? this.scheduler.conversationsFor(models));
  }

  private async prepare(
    { experiment }: RunsWork,
    { iteration, isNew }: NextRun,
    { untilStored }: RunOrder,
  ): Promise<{ readonly plan: ConversationPlan; readonly progress: RunProgress }> {
    if (isNew) {
      return {
        plan: await this.lifecycle.startRun(experiment, iteration, { untilStored }),
        progress: NEW_RUN,
      };
    }
    const plan = planOf(experiment, iteration);
    return { plan, progress: await readRunProgress(this.database.read, plan.conversationId) };
  }

  private orderOf({ active, clock, order }: RunsWork, iteration: number): RunOrder {
    return {
      // One of its own for each run: all that wait for slots listen to it.
      signal: AbortSignal.any([active.signal]),
      shouldLeave: () => active.shouldLeave,
      onTurn: () => {
        active.countTurn();
        this.estimates.onTurn(active.id, iteration);
        order.onTurn();
      },
      activeMs: () => clock.ms(),
      // Who stops an experiment on a full volume does not wait for room for its last turn.
      untilStored: AbortSignal.any([order.storing, active.stopSignal]),
    };
  }

  /**
   * Stores what has become of a run. When one was left with a passing fault, the others are left before their next steps.
   * @returns whether the experiment is over with it
   */
  private async settle(work: RunsWork, { plan, result }: WorkedRun): Promise<boolean> {
    const { active, runs, atWork, clock, order } = work;
    if (result.kind === 'left') {
      runs.putBack(plan.iteration);
      const { fault } = result;
      const reason = fault === null ? undefined : PAUSE_REASON_OF[fault];
      if (reason !== undefined) {
        active.pauseAfterTurns(0, { reason, fault });
      }
      await this.lifecycle.leaveRun(plan, result, lastPatience(order));
      return false;
    }
    runs.end(plan.iteration);
    this.estimates.onRunEnded(active.id, plan.iteration);
    // A stop may have come while the run was worked on.
    const stop = active.stopAsked();
    const isLast = runs.areOver || (stop !== null && atWork.size === 0);
    await this.lifecycle.finishRun(plan, result, { stop, isLast, activeMs: clock.ms() }, lastPatience(order));
    return isLast;
  }
}
