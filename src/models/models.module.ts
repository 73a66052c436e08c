import { Module, type OnModuleDestroy } from '@nestjs/common';
import { OllamaModule } from '../ollama/ollama.module';
import { CatalogUpdater } from './catalog/catalog-updater';
import { CatalogController } from './catalog/catalog.controller';
import { CatalogRepository } from './catalog/catalog.repository';
import { CatalogService } from './catalog/catalog.service';
import { DiskSpace } from './disk-space';
import { InterruptedPulls } from './interrupted-pulls';
import { ModelsController } from './models.controller';
import { ModelsGateway } from './models.gateway';
import { ModelsService } from './models.service';
import { PullBook } from './pull-book';
import { PullCleanup } from './pull-cleanup';
import { PullFeed } from './pull-feed';
import { PullRunner } from './pull-runner';
import { PullSockets } from './pull-sockets';
import { PullsController } from './pulls.controller';
import { PullsService } from './pulls.service';

/** Installed models, the catalog, and pulls with progress. */
@Module({
  imports: [OllamaModule],
  controllers: [ModelsController, PullsController, CatalogController],
  providers: [
    CatalogRepository,
    CatalogService,
    CatalogUpdater,
    DiskSpace,
    InterruptedPulls,
    ModelsGateway,
    ModelsService,
    PullBook,
    PullCleanup,
    PullFeed,
    PullRunner,
    PullSockets,
    PullsService,
  ],
})
export class ModelsModule implements OnModuleDestroy {
  constructor(
    private readonly runner: PullRunner,
    private readonly cleanup: PullCleanup,
    private readonly updater: CatalogUpdater,
  ) {}

  /** The first step of a shutdown: work ends, its rows stay as they are for the next start to settle. */
  async onModuleDestroy(): Promise<void> {
    this.cleanup.stop();
    await Promise.all([this.runner.stopAll(), this.updater.stop()]);
  }
}
