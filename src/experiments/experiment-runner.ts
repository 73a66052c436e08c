import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Subject } from 'rxjs';
import { DomainError } from '../common/errors/domain-error';
import { type ErrorCode } from '../common/errors/error-codes';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import {
  type ConversationPlan,
  type ConversationResult,
  ConversationRunner,
} from '../conversations/conversation-runner';
import { NEW_RUN, readRunProgress, type RunProgress } from '../conversations/run-progress';
import { Database } from '../database/database';
import { ModelUse } from '../ollama/model-use';
import { ActiveClock } from './active-clock';
import { ActiveExperiment, type StopRequest } from './active-experiment';
import { type ExperimentEntity } from './experiment.entity';
import {
  type ExperimentEnd,
  ExperimentLifecycle,
  INTERRUPTED_TEXT,
  openRuns,
  planOf,
} from './experiment-lifecycle';
import { ExperimentRepository } from './experiment.repository';
import { isTerminal, type PauseReason } from './experiment-state';
import { type QueuedExperiment, RunQueue } from './run-queue';

/** Longest delay of a timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Milliseconds that a shutdown waits for what was broken off to be stored. */
const STORE_LIMIT_MS = 3_000;

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

/** Works on experiments: the runs of each one after the other, as many experiments side by side as may run at once. */
@Injectable()
export class ExperimentRunner {
  /** Experiments that a fault has paused. */
  readonly pausedByFault = new Subject<{ readonly experimentId: string; readonly reason: PauseReason }>();
  /** Ids of experiments whenever one has finished a turn. */
  readonly turns = new Subject<string>();
  private readonly logger = new Logger(ExperimentRunner.name);
  private readonly active = new Map<string, ActiveExperiment>();
  private readonly queue: RunQueue;
  /** Aborted when the server stops and nothing more can be stored. */
  private readonly storing = new AbortController();
  private isClosing = false;

  constructor(
    private readonly lifecycle: ExperimentLifecycle,
    private readonly repository: ExperimentRepository,
    private readonly conversations: ConversationRunner,
    private readonly database: Database,
    private readonly modelUse: ModelUse,
    @Inject(SETTINGS_TOKEN) { maxRunningExperiments }: Pick<Settings, 'maxRunningExperiments'>,
  ) {
    this.queue = new RunQueue(maxRunningExperiments);
  }

  /**
   * Takes a place for a new experiment before it is stored. `started` begins the work once it is, `failed` gives the
   * place back.
   * @returns null when there is no place: it has to be stored as `queued` and given to `enqueue`
   */
  reserve(id: string): { readonly started: () => void; readonly failed: () => void } | null {
    if (!this.queue.enter(id)) {
      return null;
    }
    const active = new ActiveExperiment(id);
    this.active.set(id, active);
    return { started: () => this.launch(active), failed: () => this.leavePlace(id) };
  }

  /** Lets a stored experiment in state `queued` wait for its turn to run. */
  enqueue(experiment: QueuedExperiment): void {
    const active = this.active.get(experiment.id);
    if (active) {
      // It has just been left; whether it still is to run shows when its place is free.
      void active.done.then(() => this.enqueue(experiment));
      return;
    }
    this.queue.add(experiment);
    this.fill();
  }

  /** Works on a stored experiment for one turn, whoever else runs. Its state says that it pauses after that. */
  async startForOneTurn(id: string): Promise<void> {
    await this.active.get(id)?.done;
    this.queue.enterAnyway(id);
    const active = new ActiveExperiment(id);
    active.pauseAfterTurns(1);
    this.active.set(id, active);
    this.launch(active);
  }

  /** Takes an experiment that waits out of the queue. */
  dequeue(id: string): void {
    if (!this.active.has(id)) {
      this.queue.remove(id);
    }
  }

  /**
   * Asks an experiment to pause before its next turn, or with `now` at once: the model call under way is aborted and its
   * turn made again later. The state `pausing` must have been stored before.
   * @returns when it is paused, for `now`
   */
  async pause(id: string, when: 'turn' | 'now'): Promise<void> {
    const active = this.active.get(id);
    active?.pauseAfterTurns(0);
    if (when === 'now' && active) {
      active.breakOff(
        new DomainError('PAUSED', 'The turn was broken off because the experiment was paused.'),
      );
      await active.done;
    }
  }

  /** Takes a request to pause back, where the experiment has not left its work yet. */
  keepGoing(id: string): void {
    this.active.get(id)?.keepGoing();
  }

  /**
   * Stops an experiment: the model call under way is aborted, what was said is kept, the end is stored.
   * @returns when that is done; false when it was not being worked on
   */
  async stop(id: string, request: StopRequest): Promise<boolean> {
    const active = this.active.get(id);
    if (!active) {
      return false;
    }
    active.stop(request);
    await active.done;
    return true;
  }

  /** Pauses all that runs before the next turn, since the volume is full. */
  pauseForStorage(): void {
    for (const active of this.active.values()) {
      active.pauseAfterTurns(0, 'storage_full');
    }
  }

  /**
   * Ends the work because the server stops: turns in progress may finish within the grace, then they are broken off.
   * Everything is put back as queued, to be taken up at the next start.
   */
  async close(graceMs: number): Promise<void> {
    this.isClosing = true;
    this.queue.close();
    const all = [...this.active.values()];
    all.forEach((active) => active.pauseAfterTurns(0));
    await within(graceMs, all);
    all.forEach((active) => active.breakOff(new DomainError('INTERRUPTED', INTERRUPTED_TEXT)));
    await within(STORE_LIMIT_MS, all);
    this.storing.abort();
    await Promise.all(all.map(({ done }) => done));
  }

  /** Begins work on those that wait, as far as there are places; on a full volume nothing new is begun. */
  fill(): void {
    if (this.database.storage.isFull) {
      return;
    }
    for (let next = this.queue.next(); next !== null; next = this.queue.next()) {
      const active = new ActiveExperiment(next.id);
      this.active.set(next.id, active);
      this.launch(active, next.alone);
    }
  }

  private launch(active: ActiveExperiment, alone: boolean | null = null): void {
    const { id } = active;
    active.work(async () => {
      try {
        await this.workOn(active, alone);
      } catch (error) {
        this.logger.error('an experiment could not be worked on', { experiment_id: id, error });
      } finally {
        this.leavePlace(id);
      }
    });
  }

  private leavePlace(id: string): void {
    this.active.delete(id);
    this.queue.remove(id);
    this.fill();
  }

  /** @param alone set for an experiment that has waited: whether it runs alone */
  private async workOn(active: ActiveExperiment, alone: boolean | null): Promise<void> {
    const { id } = active;
    if (alone !== null && !(await this.begin(id, alone))) {
      return;
    }
    const experiment = await this.repository.get(id);
    const clock = new ActiveClock(experiment.activeMs);
    const releaseModels = this.modelUse.hold(
      id,
      experiment.agents.map(({ model }) => model),
    );
    const leftMs = experiment.timeoutSeconds * 1000 - experiment.activeMs;
    const timer = setTimeout(
      () => active.stop(timeoutRequest()),
      Math.min(Math.max(leftMs, 0), MAX_TIMER_MS),
    );
    this.logger.log('experiment started', { experiment_id: id, runs: experiment.iterations });
    try {
      await this.workOnRuns(active, experiment, clock);
    } catch (error) {
      await this.lifecycle.end(id, INTERNAL_END, 'excluded', this.lastPatience);
      throw error;
    } finally {
      clearTimeout(timer);
      releaseModels();
      this.logger.log('experiment left', { experiment_id: id, active_ms: clock.ms() });
    }
  }

  /** From waiting to running. @returns false when it was paused or stopped meanwhile */
  private async begin(id: string, alone: boolean): Promise<boolean> {
    const { changed } = await this.lifecycle.step(
      id,
      ({ state }) => (state === 'queued' && !this.isClosing ? { state: 'running', runsAlone: alone } : null),
      async ({ tx }) => {
        await tx.query(
          `UPDATE experiments SET turns_at_start =
             (SELECT COALESCE(SUM(turn_count), 0) FROM conversations WHERE experiment_id = experiments.id) WHERE id = ?`,
          [id],
        );
      },
      this.patience,
    );
    return changed;
  }

  private async workOnRuns(
    active: ActiveExperiment,
    experiment: ExperimentEntity,
    clock: ActiveClock,
  ): Promise<void> {
    for (;;) {
      const asked = active.stopAsked();
      if (asked) {
        await this.lifecycle.end(active.id, asked.end, asked.keep, this.lastPatience);
        return;
      }
      if (active.shouldLeave && (await this.leave(active, null, clock))) {
        return;
      }
      const { plan, progress } = await this.nextRun(experiment);
      const result = await this.conversations.run(plan, progress, {
        signal: active.signal,
        shouldLeave: () => active.shouldLeave,
        onTurn: () => {
          active.countTurn();
          this.turns.next(active.id);
          if (this.queue.clear(active.id)) {
            active.makeRoom();
          }
          this.fill();
        },
        activeMs: () => clock.ms(),
        // Who stops an experiment on a full volume does not wait for room for its last turn.
        untilStored: AbortSignal.any([this.storing.signal, active.stopSignal]),
      });
      if (result.kind === 'left') {
        if (await this.leave(active, { plan, result }, clock)) {
          return;
        }
        continue;
      }
      // A stop may have come while the run was worked on.
      const stop = active.stopAsked();
      const isLast = plan.iteration === experiment.iterations || stop !== null;
      const keep = stop?.keep ?? 'excluded';
      const end = isLast ? endOf(stop, result) : null;
      await this.lifecycle.finishRun(plan, result, keep, clock.ms(), end, this.lastPatience);
      if (isLast) {
        return;
      }
    }
  }

  /** The run that is open, or a new one. */
  private async nextRun(
    experiment: ExperimentEntity,
  ): Promise<{ readonly plan: ConversationPlan; readonly progress: RunProgress }> {
    const [open] = await openRuns(this.database.read, experiment.id);
    if (open) {
      return {
        plan: planOf(experiment, open.iteration),
        progress: await readRunProgress(this.database.read, open.id),
      };
    }
    const { currentIteration } = await this.repository.get(experiment.id);
    const plan = await this.lifecycle.startRun(experiment, currentIteration + 1, this.patience);
    return { plan, progress: NEW_RUN };
  }

  /**
   * Stores that the experiment is left for now: paused, or put back because the server stops or another one goes first.
   * @returns false when nobody wants that any more
   */
  private async leave(
    active: ActiveExperiment,
    left: {
      readonly plan: ConversationPlan;
      readonly result: ConversationResult & { readonly kind: 'left' };
    } | null,
    clock: ActiveClock,
  ): Promise<boolean> {
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
        return this.isClosing || active.isMakingRoom ? { state: 'queued', runsAlone: false, activeMs } : null;
      },
      async (stream) => {
        if (left) {
          await this.lifecycle.keepCalls(stream, left.plan, left.result.looseCalls);
        }
      },
      this.lastPatience,
    );
    if (!changed) {
      active.renew();
    } else if (experiment.state === 'queued' && !this.isClosing) {
      this.enqueue({ id: active.id, queuedAt: experiment.queuedAt ?? experiment.createdAt, alone: false });
    } else if (experiment.pauseReason !== null && experiment.pauseReason !== 'user') {
      this.pausedByFault.next({ experimentId: active.id, reason: experiment.pauseReason });
      this.logger.warn('experiment paused', {
        experiment_id: active.id,
        reason: experiment.pauseReason,
        code: experiment.errorCode,
      });
    }
    return changed;
  }

  /** For what begins work. */
  private get patience() {
    return { untilStored: this.storing.signal };
  }

  /** For what ends work: on a full volume it may use the last room, since it makes room. */
  private get lastPatience() {
    return { ...this.patience, makesRoom: true };
  }
}

const INTERNAL_END: ExperimentEnd = {
  state: 'error',
  errorCode: 'INTERNAL_ERROR',
  error: 'The backend failed; its log has the details.',
};

/** Waits for the work on experiments to end, but no longer than that. */
async function within(limitMs: number, experiments: readonly ActiveExperiment[]): Promise<void> {
  const timeout = new AbortController();
  await Promise.race([
    Promise.all(experiments.map(({ done }) => done)),
    wait(limitMs, undefined, { signal: timeout.signal }).catch(() => undefined),
  ]);
  timeout.abort();
}

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
