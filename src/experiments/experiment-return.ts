import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { type Subscription } from 'rxjs';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { OllamaFleet } from '../ollama/ollama-fleet';
import { ExperimentControl } from './experiment-control';
import { ExperimentRepository } from './experiment.repository';
import { ExperimentRunner } from './experiment-runner';
import { OLLAMA_REASONS, type OllamaReason, ReturnWatch } from './return-watch';

/** Milliseconds that Ollama has to answer. */
const ANSWER_MS = 2_000;

/** Lets experiments go on that are paused because Ollama was away or too busy, when it is back. */
@Injectable()
export class ExperimentReturn implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ExperimentReturn.name);
  private readonly watch = new ReturnWatch();
  private readonly subscriptions: Subscription[] = [];
  private timer?: NodeJS.Timeout;
  private isStopped = false;

  constructor(
    private readonly runner: ExperimentRunner,
    private readonly control: ExperimentControl,
    private readonly repository: ExperimentRepository,
    private readonly ollama: OllamaFleet,
    @Inject(SETTINGS_TOKEN) private readonly settings: Pick<Settings, 'ollamaReturnCheckSeconds'>,
  ) {}

  /** What was paused before a restart goes on too. */
  async onApplicationBootstrap(): Promise<void> {
    this.subscriptions.push(
      this.runner.pausedByFault.subscribe(({ experimentId, reason }) => {
        if (isOllamaReason(reason)) {
          this.add(experimentId, reason);
        }
      }),
      this.runner.turns.subscribe((experimentId) => this.watch.forget(experimentId)),
    );
    for (const { id, pauseReason } of await this.repository.findPaused(OLLAMA_REASONS)) {
      if (isOllamaReason(pauseReason)) {
        this.add(id, pauseReason);
      }
    }
  }

  onModuleDestroy(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.subscriptions.forEach((subscription) => subscription.unsubscribe());
  }

  private add(experimentId: string, reason: OllamaReason): void {
    this.watch.add(experimentId, reason, performance.now());
    this.timer ??= this.lookLater();
  }

  private lookLater(): NodeJS.Timeout {
    return setTimeout(() => void this.look(), this.settings.ollamaReturnCheckSeconds * 1000).unref();
  }

  private async look(): Promise<void> {
    try {
      await this.ollama.version(ANSWER_MS);
      for (const id of this.watch.takeReady(performance.now())) {
        if (await this.control.resumeAfter(id, OLLAMA_REASONS)) {
          this.logger.log('experiment goes on', { experiment_id: id });
        }
      }
    } catch {
      this.watch.away();
    }
    this.timer = this.watch.isEmpty || this.isStopped ? undefined : this.lookLater();
  }
}

function isOllamaReason(reason: string | null): reason is OllamaReason {
  return OLLAMA_REASONS.some((known) => known === reason);
}
