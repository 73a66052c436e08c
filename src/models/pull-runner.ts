import { Inject, Injectable, Logger } from '@nestjs/common';
import { DomainError } from '../common/errors/domain-error';
import { type ErrorCode } from '../common/errors/error-codes';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { fullModelName } from '../ollama/model-name';
import { OllamaFleet } from '../ollama/ollama-fleet';
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

/**
 * Works on pulls: some at once, the others wait in the order in which they came. One that would bring a model to a server
 * to which another is bringing it waits for that one's end.
 */
@Injectable()
export class PullRunner {
  private readonly logger = new Logger(PullRunner.name);
  private readonly queue: string[] = [];
  private readonly slots = new Map<string, Slot>();
  private isStopping = false;

  constructor(
    private readonly book: PullBook,
    private readonly ollama: OllamaFleet,
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
      const place = this.queue.findIndex((waiting) => !this.meetsAnother(waiting));
      const [id] = place === -1 ? [] : this.queue.splice(place, 1);
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

  private meetsAnother(id: string): boolean {
    const waiting = this.book.find(id);
    return [...this.slots.keys()].some((at) => {
      const other = this.book.find(at);
      return (
        waiting !== null &&
        other !== null &&
        fullModelName(waiting.modelName) === fullModelName(other.modelName) &&
        this.ollama
          .addressesOf(waiting.server)
          .some((server) => this.ollama.addressesOf(other.server).includes(server))
      );
    });
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

  private async work({ id, modelName, server }: PullTaskEntity, job: PullJob): Promise<void> {
    const running = await this.book.move(id, 'running', { startedAt: now() });
    if (!running) {
      return;
    }
    this.logger.log('pull started', { task_id: id, model: modelName, server });
    await this.disk.look();
    await job.run();
    await this.book.move(id, 'completed', { completedAt: now() });
    this.logger.log('pull completed', { task_id: id, model: modelName });
  }

  private jobFor({ id, modelName, server: choice, progress }: PullTaskEntity): Work {
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
      servers: this.ollama.addressesOf(choice),
      shown: progress,
      pull: (model, server, options) => this.ollama.pull(model, server, options),
      connectMs: settings.ollamaConnectTimeoutSeconds * 1000,
      limits: {
        staleMs: settings.pullStaleSeconds * 1000,
        verifyMs: settings.pullVerifySeconds * 1000,
      },
      retries: settings.pullRetryAttempts,
      backoffMs: settings.pullRetryBackoffSeconds * 1000,
      onStep: ({ moved }, server) => {
        movedAt = moved ? now() : movedAt;
        const current = {
          ...pull.meter.current(),
          ...(this.ollama.hasSeveral ? { server } : {}),
          ...(this.disk.holdsModelsOf(server) ? this.disk.facts() : {}),
        };
        this.book.setProgress(id, current, movedAt);
        reporter.note(current.percent ?? 0);
      },
      onRetry: (error, retry, server) =>
        this.noteRetry(id, { model: modelName, server, code: codeOf(error), retry }),
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

  private async noteRetry(id: string, facts: Readonly<Record<string, unknown>>): Promise<void> {
    this.logger.warn('a pull is tried again', { task_id: id, ...facts });
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

function codeOf(error: unknown): ErrorCode {
  return error instanceof DomainError ? error.code : 'INTERNAL_ERROR';
}

function now(): string {
  return new Date().toISOString();
}
