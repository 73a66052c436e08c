import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { PullBook } from './pull-book';
import { PullRunner } from './pull-runner';

const INTERRUPTED_TEXT = 'Interrupted by server restart';

/** At start, settles what a stopped server left: before anyone can ask for it. What waited then waits again. */
@Injectable()
export class InterruptedPulls implements OnModuleInit, OnApplicationBootstrap {
  private readonly logger = new Logger(InterruptedPulls.name);

  constructor(
    private readonly book: PullBook,
    private readonly runner: PullRunner,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.book.load();
    for (const { id, modelName, status } of this.book.all()) {
      if (status === 'running') {
        await this.settle(id);
        this.logger.warn('pull was interrupted', {
          task_id: id,
          model: modelName,
          resumes: this.settings.pullResumeOnStart,
        });
      }
    }
  }

  onApplicationBootstrap(): void {
    for (const { id, status } of this.book.all()) {
      if (status === 'pending') {
        this.runner.enqueue(id);
      }
    }
  }

  private async settle(id: string): Promise<void> {
    if (this.settings.pullResumeOnStart) {
      await this.book.move(id, 'pending', { startedAt: null });
    } else {
      await this.book.move(id, 'error', {
        errorCode: 'INTERRUPTED',
        error: INTERRUPTED_TEXT,
        completedAt: new Date().toISOString(),
      });
    }
  }
}
