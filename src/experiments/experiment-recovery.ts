import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { Database } from '../database/database';
import { afterCrash, type Recovery } from './crash-loop';
import { ENDED_TURNS } from './ended-turns-sql';
import { type ExperimentEntity } from './experiment.entity';
import { ExperimentLifecycle } from './experiment-lifecycle';
import { ExperimentRepository } from './experiment.repository';
import { ExperimentStarter } from './experiment-starter';
import { failTurnsOfOpenRuns } from './run-closing';

/**
 * Takes up at start what a stopped or killed server left unfinished. Before anyone can ask for it, each experiment is
 * brought into a state that is true; the work begins when the server is up.
 */
@Injectable()
export class ExperimentRecovery implements OnModuleInit, OnApplicationBootstrap {
  private readonly logger = new Logger(ExperimentRecovery.name);

  constructor(
    private readonly repository: ExperimentRepository,
    private readonly lifecycle: ExperimentLifecycle,
    private readonly starter: ExperimentStarter,
    private readonly database: Database,
    @Inject(SETTINGS_TOKEN) private readonly settings: Pick<Settings, 'resumeOnStart'>,
  ) {}

  async onModuleInit(): Promise<void> {
    for (const experiment of await this.repository.findUnfinished()) {
      await this.settle(experiment);
    }
  }

  async onApplicationBootstrap(): Promise<void> {
    for (const experiment of await this.repository.findQueued()) {
      this.starter.enqueue(experiment);
    }
  }

  private async settle(experiment: ExperimentEntity): Promise<void> {
    const recovery = await this.decide(experiment);
    if (recovery === null) {
      return;
    }
    if ('end' in recovery) {
      await this.lifecycle.end(experiment.id, recovery.end, 'excluded');
    } else {
      await this.lifecycle.step(
        experiment.id,
        () => recovery.step,
        (stream, before) => failTurnsOfOpenRuns(stream, before, true),
      );
    }
    this.logger.warn('experiment was interrupted', {
      experiment_id: experiment.id,
      was: experiment.state,
      is: 'end' in recovery ? recovery.end.state : recovery.step.state,
    });
  }

  private async decide(experiment: ExperimentEntity): Promise<Recovery | null> {
    const interrupted: Recovery = { step: { state: 'paused', pauseReason: 'interrupted' } };
    switch (experiment.state) {
      case 'queued':
        return this.settings.resumeOnStart ? null : interrupted;
      case 'running':
      case 'waiting_input':
        return this.settings.resumeOnStart
          ? afterCrash(experiment, await this.finishedTurns(experiment.id))
          : interrupted;
      case 'pausing':
        return { step: { state: 'paused', pauseReason: 'user' } };
      case 'stopping':
        return {
          end: {
            state: experiment.error === null ? 'cancelled' : 'error',
            errorCode: 'CANCELLED',
            error: experiment.error,
          },
        };
      default:
        return null;
    }
  }

  private async finishedTurns(experimentId: string): Promise<number> {
    const [row] = await this.database.read.query<{ turns: number }[]>(`SELECT (${ENDED_TURNS}) AS turns`, [
      experimentId,
      experimentId,
    ]);
    return row?.turns ?? 0;
  }
}
