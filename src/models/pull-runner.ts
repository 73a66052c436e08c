import { Inject, Injectable, Logger } from '@nestjs/common';
import { DomainError } from '../common/errors/domain-error';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { OllamaClient } from '../ollama/ollama.client';
import { DiskSpace } from './disk-space';
import { ProgressReporter } from './progress/progress-reporter';
import { PullBook } from './pull-book';
import { PullJob } from './pull-job';
import { type PullTaskEntity } from './pull-task.entity';

interface Slot {
  readonly job: PullJob;
  /** Resolves when the slot is free again; never rejects. */
  readonly done: Promise<void>;
}

/** Works on pulls: some at once, the others wait in the order in which they came. */
@Injectable()
export class PullRunner {
  private readonly logger = new Logger(PullRunner.name);
  private readonly queue: string[] = [];
  private readonly slots = new Map<string, Slot>();
  private isStopping = false;

  constructor(
    private readonly book: PullBook,
    private readonly ollama: OllamaClient,
    private readonly disk: DiskSpace,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Takes a pending pull on. While the server stops it stays pending, for the next start. */
  enqueue(id: string): void {
    this.queue.push(id);
    this.fill();
  }

  /** Ends the work on a pull, or its waiting, at once; how it ended is for the caller to store. */
  stop(id: string): void {
    const place = this.queue.indexOf(id);
    if (place !== -1) {
      this.queue.splice(place, 1);
    }
    this.slots.get(id)?.job.cancel();
  }

  /** Place in the queue, from 1; null when it does not wait. */
  positionOf(id: string): number | null {
    const place = this.queue.indexOf(id);
    return place === -1 ? null : place + 1;
  }

  /** Whether anyone looks after a pull: it waits or is worked on. */
  hasWorker(id: string): boolean {
    return this.slots.has(id) || this.queue.includes(id);
  }

  get freeSlots(): number {
    return this.settings.pullMaxConcurrency - this.slots.size;
  }

  /** Closes all connections to Ollama. What is stored stays as it is, for the next start to settle. */
  async stopAll(): Promise<void> {
    this.isStopping = true;
    this.queue.length = 0;
    for (const { job } of this.slots.values()) {
      job.cancel();
    }
    await Promise.all([...this.slots.values()].map(({ done }) => done));
  }

  private fill(): void {
    while (!this.isStopping && this.freeSlots > 0) {
      const id = this.queue.shift();
      if (id === undefined) {
        return;
      }
      const task = this.book.find(id);
      if (task) {
        const job = this.jobFor(task);
        this.slots.set(id, { job: job.pull, done: this.occupy(task, job) });
      }
    }
  }

  private async occupy(task: PullTaskEntity, { pull, reporter }: Work): Promise<void> {
    try {
      await this.work(task, pull);
    } catch (error) {
      if (!pull.isCancelled) {
        await this.fail(task, error);
      }
    } finally {
      reporter.stop();
      this.slots.delete(task.id);
      this.fill();
    }
  }

  private async work({ id, modelName }: PullTaskEntity, job: PullJob): Promise<void> {
    const running = await this.book.move(id, 'running', { startedAt: now() });
    if (!running) {
      return;
    }
    this.logger.log('pull started', { task_id: id, model: modelName });
    await this.disk.look();
    await job.run();
    await this.book.move(id, 'completed', { completedAt: now() });
    this.logger.log('pull completed', { task_id: id, model: modelName });
  }

  private jobFor({ id, modelName, progress }: PullTaskEntity): Work {
    const { settings } = this;
    const reporter = new ProgressReporter({
      intervalMs: settings.pullProgressThrottleMs,
      percentDelta: settings.pullProgressPercentDelta,
      report: () => this.report(id),
      now: () => performance.now(),
    });
    let movedAt: string | null = null;
    const pull = new PullJob({
      model: modelName,
      shown: progress,
      pull: (model, options) => this.ollama.pull(model, options),
      connectMs: settings.ollamaConnectTimeoutSeconds * 1000,
      limits: {
        staleMs: settings.pullStaleSeconds * 1000,
        verifyMs: settings.pullVerifySeconds * 1000,
      },
      retries: settings.pullRetryAttempts,
      backoffMs: settings.pullRetryBackoffSeconds * 1000,
      onStep: ({ moved }) => {
        movedAt = moved ? now() : movedAt;
        const current = { ...pull.meter.current(), ...this.disk.facts() };
        this.book.setProgress(id, current, movedAt);
        reporter.note(current.percent ?? 0);
      },
      onRetry: (error, retry) => this.noteRetry(id, modelName, error, retry),
    });
    return { pull, reporter };
  }

  private async report(id: string): Promise<void> {
    try {
      await this.book.storeProgress(id);
    } catch (error) {
      // The pull goes on; what was not told this time is told the next.
      this.logger.warn('the progress of a pull could not be stored', { task_id: id, error });
    }
  }

  private async noteRetry(id: string, model: string, error: unknown, retry: number): Promise<void> {
    const code = error instanceof DomainError ? error.code : 'INTERNAL_ERROR';
    this.logger.warn('a pull is tried again', { task_id: id, model, code, retry });
    try {
      await this.book.noteRetry(id);
    } catch (failure) {
      this.logger.warn('a further try of a pull could not be stored', { task_id: id, error: failure });
    }
  }

  private async fail({ id, modelName }: PullTaskEntity, error: unknown): Promise<void> {
    const isForeseen = error instanceof DomainError;
    const { code: errorCode, message } = isForeseen
      ? error
      : ({ code: 'INTERNAL_ERROR', message: 'The pull failed by a fault of the backend.' } as const);
    const facts = { task_id: id, model: modelName, code: errorCode };
    if (isForeseen) {
      this.logger.warn('pull failed', facts);
    } else {
      this.logger.error('pull failed', { ...facts, error });
    }
    try {
      await this.book.move(id, 'error', { errorCode, error: message, completedAt: now() });
    } catch (failure) {
      // The sweep finds pulls that nobody looks after.
      this.logger.error('the end of a pull could not be stored', { ...facts, error: failure });
    }
  }
}

interface Work {
  readonly pull: PullJob;
  readonly reporter: ProgressReporter;
}

function now(): string {
  return new Date().toISOString();
}
