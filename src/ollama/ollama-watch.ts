import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Subject } from 'rxjs';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { OllamaFleet } from './ollama-fleet';
import { isSameStatus, type OllamaStatus } from './ollama-status';

/**
 * Looks at Ollama while somebody watches: at once for the first watcher, then OLLAMA_STATUS_INTERVAL_SECONDS after each
 * look has ended, so that two never overlap. Tells of changes only.
 */
@Injectable()
export class OllamaWatch implements OnModuleDestroy {
  readonly changes = new Subject<OllamaStatus>();
  private watchers = 0;
  /** What was told last; null while nobody watches: it would be out of date. */
  private status: OllamaStatus | null = null;
  private looking: Promise<OllamaStatus> | null = null;
  private timer?: NodeJS.Timeout;
  private isStopped = false;

  constructor(
    private readonly fleet: OllamaFleet,
    @Inject(SETTINGS_TOKEN) private readonly settings: Pick<Settings, 'ollamaStatusIntervalSeconds'>,
  ) {}

  /** Begins to watch. Gives the function that ends it, which may be called again. */
  watch(): () => void {
    this.watchers += 1;
    let isWatching = true;
    return () => {
      if (isWatching) {
        isWatching = false;
        this.watchers -= 1;
        this.restUnlessWatched();
      }
    };
  }

  /** The present state: what was told last, or the outcome of the first look. */
  async current(): Promise<OllamaStatus> {
    return this.status ?? this.look();
  }

  onModuleDestroy(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private look(): Promise<OllamaStatus> {
    this.looking ??= this.lookOnce();
    return this.looking;
  }

  private async lookOnce(): Promise<OllamaStatus> {
    const status = await this.fleet.status();
    this.looking = null;
    if (this.watchers > 0 && !this.isStopped) {
      if (this.status === null || !isSameStatus(this.status, status)) {
        this.status = status;
        this.changes.next(status);
      }
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.look(), this.settings.ollamaStatusIntervalSeconds * 1000);
    }
    return status;
  }

  private restUnlessWatched(): void {
    if (this.watchers === 0) {
      clearTimeout(this.timer);
      this.status = null;
    }
  }
}
