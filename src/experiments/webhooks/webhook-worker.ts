import { setTimeout as wait } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { SETTINGS_TOKEN } from '../../config/config.module';
import { type Settings } from '../../config/settings.schema';
import { EventPump } from '../../live/event-pump';
import { type ExperimentEntity } from '../experiment.entity';
import { ExperimentRepository } from '../experiment.repository';
import { callbackRefusal } from './callback-url';
import { MAX_BACKOFF_MS, webhookBackoffMs } from './webhook-backoff';
import { type DeliveryUpdate, WebhookDeliveries } from './webhook-deliveries';
import { type WebhookDeliveryEntity } from './webhook-delivery.entity';
import { webhookMessage } from './webhook-message';
import { postWebhook } from './webhook-post';

/** Webhooks that are sent at once. */
const MAX_AT_ONCE = 4;
/** Milliseconds until something is tried again that the database refused. */
const DATABASE_RETRY_MS = 5_000;
/** The receiver wants no more of it. */
const GONE = 410;

/** How an attempt went. */
type Outcome =
  { readonly kind: 'delivered' } | { readonly kind: 'failed' | 'given-up'; readonly error: string };

/**
 * Tells the `callback_url` of experiments that they are over. What is to be told stands in the database: it outlives a
 * restart, and every message is delivered at least once or given up after WEBHOOK_ATTEMPTS.
 */
@Injectable()
export class WebhookWorker implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(WebhookWorker.name);
  private readonly inFlight = new Map<string, Promise<void>>();
  private readonly stopping = new AbortController();
  private looking: Promise<void> | null = null;
  private mustLookAgain = false;
  private timer: NodeJS.Timeout | undefined;
  private stopListening: () => void = () => undefined;

  constructor(
    private readonly deliveries: WebhookDeliveries,
    private readonly experiments: ExperimentRepository,
    private readonly pump: EventPump,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  onModuleInit(): void {
    if (this.settings.webhookHosts.length > 0 && this.settings.webhookSecret === '') {
      this.logger.warn('WEBHOOK_HOSTS is set but WEBHOOK_SECRET is not: no callback_url is taken');
    }
    this.stopListening = this.pump.listen((event) => {
      if (event.type === 'experiment.status' && event.completed_at !== null) {
        this.look();
      }
    });
  }

  /** Takes up what a stopped server left. */
  onApplicationBootstrap(): void {
    this.look();
  }

  /** Breaks off what is being sent; it stays pending. */
  async onModuleDestroy(): Promise<void> {
    this.stopListening();
    this.stopping.abort(new Error('the server stops'));
    clearTimeout(this.timer);
    await this.looking;
    await Promise.all(this.inFlight.values());
  }

  /** Starts what is due, and comes back when the next one is. */
  private look(): void {
    if (this.looking !== null) {
      this.mustLookAgain = true;
      return;
    }
    this.looking = this.startDue().finally(() => {
      this.looking = null;
      if (this.mustLookAgain) {
        this.mustLookAgain = false;
        this.look();
      }
    });
  }

  private async startDue(): Promise<void> {
    clearTimeout(this.timer);
    if (this.stopping.signal.aborted || this.inFlight.size >= MAX_AT_ONCE) {
      return;
    }
    try {
      for (const delivery of await this.deliveries.pending(2 * MAX_AT_ONCE)) {
        if (this.stopping.signal.aborted || this.inFlight.size >= MAX_AT_ONCE) {
          return;
        }
        if (this.inFlight.has(delivery.experimentId)) {
          continue;
        }
        const waitMs = msUntil(delivery);
        if (waitMs > 0) {
          this.lookIn(waitMs);
          return;
        }
        this.start(delivery);
      }
    } catch (error) {
      this.logger.error('webhooks could not be read; this is tried again', { error });
      this.lookIn(DATABASE_RETRY_MS);
    }
  }

  private lookIn(ms: number): void {
    this.timer = setTimeout(() => this.look(), ms).unref();
  }

  private start(delivery: WebhookDeliveryEntity): void {
    const { experimentId } = delivery;
    const work = this.deliver(delivery)
      .catch(async (error: unknown) => {
        if (!this.stopping.signal.aborted) {
          this.logger.error('a webhook could not be worked on', { experiment_id: experimentId, error });
          await wait(DATABASE_RETRY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
        }
      })
      .finally(() => {
        this.inFlight.delete(experimentId);
        this.look();
      });
    this.inFlight.set(experimentId, work);
  }

  private async deliver(delivery: WebhookDeliveryEntity): Promise<void> {
    const experiment = await this.experiments.find(delivery.experimentId);
    if (!experiment) {
      return;
    }
    const outcome = await this.attempt(delivery.url, experiment);
    const update = this.updateAfter(delivery, outcome);
    await this.deliveries.update(delivery.experimentId, update);
    const fields = { experiment_id: experiment.id, attempts: update.attempts };
    if (update.state === 'delivered') {
      this.logger.log('webhook delivered', fields);
    } else if (update.state === 'failed') {
      this.logger.warn('webhook given up', { ...fields, reason: update.lastError });
    } else {
      this.logger.debug('webhook is tried again', { ...fields, reason: update.lastError });
    }
  }

  /** @throws only when the server stops */
  private async attempt(url: string, experiment: ExperimentEntity): Promise<Outcome> {
    // The settings may have changed since the address was taken.
    if (callbackRefusal(url, this.settings) !== null) {
      return { kind: 'given-up', error: 'CALLBACK_NOT_ALLOWED' };
    }
    const timeout = AbortSignal.timeout(this.settings.webhookTimeoutSeconds * 1000);
    try {
      const status = await postWebhook(url, {
        ...webhookMessage(experiment, this.settings.webhookSecret, new Date()),
        signal: AbortSignal.any([timeout, this.stopping.signal]),
      });
      if (status >= 200 && status < 300) {
        return { kind: 'delivered' };
      }
      return { kind: status === GONE ? 'given-up' : 'failed', error: String(status) };
    } catch (error) {
      this.stopping.signal.throwIfAborted();
      return { kind: 'failed', error: timeout.aborted ? 'TIMEOUT' : systemCode(error) };
    }
  }

  private updateAfter(delivery: WebhookDeliveryEntity, outcome: Outcome): DeliveryUpdate {
    const attempts = delivery.attempts + 1;
    const now = Date.now();
    const finished = { attempts, nextAttemptAt: null, finishedAt: new Date(now).toISOString() };
    if (outcome.kind === 'delivered') {
      return { ...finished, state: 'delivered', lastError: null };
    }
    if (outcome.kind === 'given-up' || attempts >= this.settings.webhookAttempts) {
      return { ...finished, state: 'failed', lastError: outcome.error };
    }
    const waitMs = webhookBackoffMs(attempts, this.settings.webhookBackoffSeconds, Math.random());
    return {
      state: 'pending',
      attempts,
      nextAttemptAt: new Date(now + waitMs).toISOString(),
      lastError: outcome.error,
      finishedAt: null,
    };
  }
}

/** A time further away than any back-off comes from a clock that was set back: it is due. */
function msUntil({ nextAttemptAt }: WebhookDeliveryEntity): number {
  const ms = Date.parse(nextAttemptAt ?? '') - Date.now();
  return ms <= MAX_BACKOFF_MS ? ms : 0;
}

/** The code of an error of the connection; its text may hold the address. */
function systemCode(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return typeof code === 'string' && /^\w+$/.test(code) ? code : 'CONNECTION_FAILED';
}
