import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { PullBook } from './pull-book';
import { PullRunner } from './pull-runner';
import { isActive } from './pull-state';
import { type PullStatus, type PullTaskEntity } from './pull-task.entity';

const LONGEST_INTERVAL_MS = 60_000;
const SHORTEST_INTERVAL_MS = 50;

/** Removes pulls that ended long enough ago. */
@Injectable()
export class PullCleanup implements OnApplicationBootstrap {
  private readonly logger = new Logger(PullCleanup.name);
  /** Milliseconds for which a pull stays listed after its end. */
  private readonly ages: Readonly<Partial<Record<PullStatus, number>>>;
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly book: PullBook,
    private readonly runner: PullRunner,
    @Inject(SETTINGS_TOKEN) settings: Settings,
  ) {
    this.ages = {
      completed: settings.pullCleanupCompletedSeconds * 1000,
      error: settings.pullCleanupFailedSeconds * 1000,
      cancelled: settings.pullCleanupCancelledSeconds * 1000,
    };
  }

  onApplicationBootstrap(): void {
    const shortest = Math.min(...Object.values(this.ages)) / 2;
    const interval = Math.min(LONGEST_INTERVAL_MS, Math.max(SHORTEST_INTERVAL_MS, shortest));
    this.timer = setInterval(() => void this.sweep(), interval);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async sweep(): Promise<void> {
    try {
      const tasks = this.book.all();
      const old = tasks.filter((task) => this.isOld(task)).map(({ id }) => id);
      const left = tasks.filter(({ id, status }) => isActive(status) && !this.runner.hasWorker(id));
      if (old.length > 0) {
        await this.book.remove(old);
        this.logger.debug('old pulls removed', { count: old.length });
      }
      for (const { id } of left) {
        await this.settle(id);
      }
    } catch (error) {
      this.logger.warn('pulls could not be cleaned up', { error });
    }
  }

  /** Its end could not be stored when it came. */
  private async settle(id: string): Promise<void> {
    await this.book.move(id, 'error', {
      errorCode: 'INTERNAL_ERROR',
      error: 'The pull ended, but how could not be stored.',
      completedAt: new Date().toISOString(),
    });
  }

  private isOld({ status, completedAt }: PullTaskEntity): boolean {
    const age = this.ages[status];
    return age !== undefined && completedAt !== null && Date.parse(completedAt) + age <= Date.now();
  }
}
