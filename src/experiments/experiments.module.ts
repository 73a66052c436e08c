import { Module, type OnModuleDestroy } from '@nestjs/common';
import { ConversationsModule } from '../conversations/conversations.module';
import { EventPump } from '../live/event-pump';
import { OllamaModule } from '../ollama/ollama.module';
import { ExperimentChanges } from './experiment-changes';
import { INTERRUPTED_TEXT, ExperimentLifecycle } from './experiment-lifecycle';
import { ExperimentRunner } from './experiment-runner';
import { ExperimentRepository } from './experiment.repository';
import { ExperimentsController } from './experiments.controller';
import { ExperimentsGateway } from './experiments.gateway';
import { ExperimentsService } from './experiments.service';
import { InterruptedExperiments } from './interrupted-experiments';
import { PlainFrames } from './plain-frames';
import { PlainSockets } from './plain-sockets';

/** What to run: iterations, dataset items, lifecycle, results. */
@Module({
  imports: [ConversationsModule, OllamaModule],
  controllers: [ExperimentsController],
  providers: [
    ExperimentChanges,
    ExperimentLifecycle,
    ExperimentRepository,
    ExperimentRunner,
    ExperimentsGateway,
    ExperimentsService,
    InterruptedExperiments,
    PlainFrames,
    PlainSockets,
  ],
})
export class ExperimentsModule implements OnModuleDestroy {
  constructor(
    private readonly runner: ExperimentRunner,
    private readonly pump: EventPump,
    private readonly plainSockets: PlainSockets,
  ) {}

  /**
   * The first step of a shutdown, while sockets and the database are still open: watchers hear how their experiments
   * ended. Sockets are closed in the second step, the database in the last.
   */
  async onModuleDestroy(): Promise<void> {
    await this.runner.stopAll({
      code: 'INTERRUPTED',
      message: INTERRUPTED_TEXT,
      end: { state: 'error', errorCode: 'INTERRUPTED', error: INTERRUPTED_TEXT },
    });
    await this.pump.idle();
    await this.plainSockets.idle();
  }
}
