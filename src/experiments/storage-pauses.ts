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
  private readonly subscriptions: Subscription[] = [];

  constructor(
    private readonly database: Database,
    private readonly runner: ExperimentRunner,
    private readonly control: ExperimentControl,
    private readonly repository: ExperimentRepository,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.subscriptions.push(
      this.database.storage.changes.subscribe((isFull) => {
        if (isFull) {
          this.runner.pauseForStorage();
        } else {
          void this.goOn();
        }
      }),
      // There may be room again before an experiment has come to its pause.
      this.runner.pausedByFault.subscribe(({ reason }) => {
        if (reason === 'storage_full') {
          void this.goOn();
        }
      }),
    );
    await this.goOn();
  }

  onModuleDestroy(): void {
    this.subscriptions.forEach((subscription) => subscription.unsubscribe());
  }

  private async goOn(): Promise<void> {
    if (this.database.storage.isFull) {
      return;
    }
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
