import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Subject } from 'rxjs';
import { DomainError } from '../common/errors/domain-error';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { Database } from '../database/database';
import { ActiveExperiment } from './active-experiment';
import { type StopRequest } from './experiment-end';
import { type PauseReason } from './experiment-state';
import { type WorkOrder } from './experiment-work';
import { ExperimentWorker, type LeftExperiment } from './experiment-worker';
import { INTERRUPTED_TEXT } from './run-closing';
import { type QueuedExperiment, RunQueue } from './run-queue';

/** Milliseconds that a shutdown waits for what was broken off to be stored. */
const STORE_LIMIT_MS = 3_000;

/** Lets experiments run, as many side by side as may at once, and tells those who work on them what is asked of them. */
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
    private readonly worker: ExperimentWorker,
    private readonly database: Database,
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

  /** Works on the first open run of a stored experiment for one turn, whoever else runs. Its state says that it pauses after that. */
  async startForOneTurn(id: string): Promise<void> {
    await this.active.get(id)?.done;
    this.queue.enterAnyway(id);
    const active = new ActiveExperiment(id);
    active.pauseAfterOneTurn();
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
      active.pauseAfterTurns(0, { reason: 'storage_full', fault: null });
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
      const active = new ActiveExperiment(next.id, next.alone);
      this.active.set(next.id, active);
      this.launch(active, next.alone);
    }
  }

  private launch(active: ActiveExperiment, alone: boolean | null = null): void {
    const { id } = active;
    active.work(async () => {
      try {
        const left = await this.worker.work(active, this.orderOf(active, alone));
        if (left) {
          this.hearOf(id, left);
        }
      } catch (error) {
        this.logger.error('an experiment could not be worked on', { experiment_id: id, error });
      } finally {
        this.leavePlace(id);
      }
    });
  }

  private orderOf(active: ActiveExperiment, alone: boolean | null): WorkOrder {
    return {
      alone,
      isClosing: () => this.isClosing,
      storing: this.storing.signal,
      onTurn: () => {
        this.turns.next(active.id);
        if (this.queue.clear(active.id)) {
          active.makeRoom();
        }
        this.fill();
      },
    };
  }

  /** What made room for another one waits again; what a fault has paused is told of. */
  private hearOf(id: string, { state, pauseReason, queuedAt, createdAt }: NonNullable<LeftExperiment>): void {
    if (state === 'queued' && !this.isClosing) {
      this.enqueue({ id, queuedAt: queuedAt ?? createdAt, alone: false });
    } else if (pauseReason !== null && pauseReason !== 'user') {
      this.pausedByFault.next({ experimentId: id, reason: pauseReason });
    }
  }

  private leavePlace(id: string): void {
    this.active.delete(id);
    this.queue.remove(id);
    this.fill();
  }
}

/** Waits for the work on experiments to end, but no longer than that. */
async function within(limitMs: number, experiments: readonly ActiveExperiment[]): Promise<void> {
  const timeout = new AbortController();
  await Promise.race([
    Promise.all(experiments.map(({ done }) => done)),
    wait(limitMs, undefined, { signal: timeout.signal }).catch(() => undefined),
  ]);
  timeout.abort();
}
