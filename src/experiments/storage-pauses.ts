import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Subscription } from 'rxjs';
import { Database } from '../database/database';
import { ExperimentControl } from './experiment-control';
import { ExperimentRepository } from './experiment.repository';
import { ExperimentRunner } from './experiment-runner';

const STORAGE_FULL = ['storage_full'] as const;

/** Pauses what runs when the volume of the database is full, and lets it go on when there is room again. */
@Injectable()
export class StoragePauses implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(StoragePauses.name);
  private subscription?: Subscription;

  constructor(
    private readonly database: Database,
    private readonly runner: ExperimentRunner,
    private readonly control: ExperimentControl,
    private readonly repository: ExperimentRepository,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.subscription = this.database.storage.changes.subscribe((isFull) => {
      if (isFull) {
        this.runner.pauseForStorage();
      } else {
        void this.goOn();
      }
    });
    if (!this.database.storage.isFull) {
      await this.goOn();
    }
  }

  onModuleDestroy(): void {
    this.subscription?.unsubscribe();
  }

  private async goOn(): Promise<void> {
    try {
      for (const { id } of await this.repository.findPaused(STORAGE_FULL)) {
        await this.control.resumeAfter(id, STORAGE_FULL);
      }
      this.runner.fill();
    } catch (error) {
      this.logger.error('experiments could not go on after the volume was full', { error });
    }
  }
}
