import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { IdempotencyKeys } from './idempotency-keys';

const HOUR_MS = 3_600_000;

/** Keys of one transaction: answers may be large, and others wait meanwhile. */
const BATCH = 200;

/** Removes keys that are older than IDEMPOTENCY_KEEP_HOURS, at start and every hour. */
@Injectable()
export class KeyCleanup implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(KeyCleanup.name);
  private readonly keepMs: number;
  private timer?: NodeJS.Timeout;
  private sweeping: Promise<void> = Promise.resolve();
  private isStopped = false;

  constructor(
    private readonly keys: IdempotencyKeys,
    @Inject(SETTINGS_TOKEN) settings: Settings,
  ) {
    this.keepMs = settings.idempotencyKeepHours * HOUR_MS;
  }

  onApplicationBootstrap(): void {
    this.sweep();
    this.timer = setInterval(() => this.sweep(), HOUR_MS);
    this.timer.unref();
  }

  /** The database is still open when this has ended. */
  async onModuleDestroy(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.sweeping;
  }

  /** One sweep after the other. */
  private sweep(): void {
    this.sweeping = this.sweeping
      .then(() => this.removeOld())
      .catch((error: unknown) => this.logger.warn('old idempotency keys could not be removed', { error }));
  }

  private async removeOld(): Promise<void> {
    const time = new Date(Date.now() - this.keepMs).toISOString();
    for (let removed = BATCH; removed === BATCH && !this.isStopped;) {
      removed = await this.keys.removeBefore(time, BATCH);
    }
  }
}
