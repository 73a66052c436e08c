import { Inject, Module, type OnModuleDestroy } from '@nestjs/common';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { AgentsModule } from '../agents/agents.module';
import { ConversationsModule } from '../conversations/conversations.module';
import { EventPump } from '../live/event-pump';
import { ServerClosing } from '../live/server-closing';
import { OllamaModule } from '../ollama/ollama.module';
import { ExperimentEstimates } from './estimate/experiment-estimates';
import { EventStreams } from './event-streams';
import { ExperimentChanges } from './experiment-changes';
import { ExperimentChecks } from './experiment-checks';
import { ExperimentControl } from './experiment-control';
import { ExperimentControlController } from './experiment-control.controller';
import { ExperimentLifecycle } from './experiment-lifecycle';
import { ExperimentRecovery } from './experiment-recovery';
import { ExperimentReturn } from './experiment-return';
import { ExperimentRunner } from './experiment-runner';
import { ExperimentStarter } from './experiment-starter';
import { ExperimentWorker } from './experiment-worker';
import { ExperimentWaits } from './experiment-waits';
import { ExperimentRepository } from './experiment.repository';
import { ExperimentRequests } from './experiment-requests';
import { ExperimentsController } from './experiments.controller';
import { ExperimentsGateway } from './experiments.gateway';
import { ExperimentsService } from './experiments.service';
import { PlainFrames } from './plain-frames';
import { PlainSockets } from './plain-sockets';
import { RunsWorker } from './runs-worker';
import { StoragePauses } from './storage-pauses';
import { WebhookDeliveries } from './webhooks/webhook-deliveries';
import { WebhookWorker } from './webhooks/webhook-worker';

/** What to run: iterations, dataset items, lifecycle, results. */
@Module({
  imports: [AgentsModule, ConversationsModule, OllamaModule],
  controllers: [ExperimentsController, ExperimentControlController],
  providers: [
    EventStreams,
    ExperimentChanges,
    ExperimentChecks,
    ExperimentControl,
    ExperimentEstimates,
    ExperimentLifecycle,
    ExperimentRecovery,
    ExperimentRepository,
    ExperimentRequests,
    ExperimentReturn,
    ExperimentRunner,
    ExperimentStarter,
    ExperimentWaits,
    ExperimentWorker,
    ExperimentsGateway,
    ExperimentsService,
    PlainFrames,
    PlainSockets,
    RunsWorker,
    StoragePauses,
    WebhookDeliveries,
    WebhookWorker,
  ],
})
export class ExperimentsModule implements OnModuleDestroy {
  constructor(
    private readonly runner: ExperimentRunner,
    private readonly pump: EventPump,
    private readonly plainSockets: PlainSockets,
    private readonly closing: ServerClosing,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /**
   * The first step of a shutdown, while sockets and the database are still open: turns in progress are finished or put
   * back, and watchers hear of it. Sockets are closed in the second step, the database in the last.
   */
  async onModuleDestroy(): Promise<void> {
    this.closing.begin();
    await this.runner.close(this.settings.shutdownGraceSeconds * 1000);
    await this.pump.idle();
    await this.plainSockets.idle();
  }
}
