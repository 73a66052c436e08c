import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ExperimentLifecycle } from './experiment-lifecycle';
import { ExperimentRepository } from './experiment.repository';

/** At start, closes what a server that was killed left unfinished, before anyone can ask for it. */
@Injectable()
export class InterruptedExperiments implements OnModuleInit {
  private readonly logger = new Logger(InterruptedExperiments.name);

  constructor(
    private readonly repository: ExperimentRepository,
    private readonly lifecycle: ExperimentLifecycle,
  ) {}

  async onModuleInit(): Promise<void> {
    for (const experiment of await this.repository.findUnfinished()) {
      const openRuns = await this.repository.findOpenRuns(experiment.id);
      await this.lifecycle.settleInterrupted(experiment, openRuns);
      this.logger.warn('experiment was interrupted', {
        experiment_id: experiment.id,
        open_runs: openRuns.length,
      });
    }
  }
}
