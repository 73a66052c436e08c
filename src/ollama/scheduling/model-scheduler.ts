import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Subject } from 'rxjs';
import { SETTINGS_TOKEN } from '../../config/config.module';
import { type Settings } from '../../config/settings.schema';
import { CallScheduler, type CallSlot, type ScheduledCall } from '../call-scheduler';
import { isAway, isFaultOfServer } from '../model-call-error';
import { fullModelName } from '../model-name';
import { ModelUse } from '../model-use';
import { type OllamaServer, OllamaServers } from '../ollama-servers';
import { LoadCounts } from './load-counts';
import { type CallMeasures } from './model-speeds';
import { Scheduling, type StartedCall } from './scheduling';
import { type SchedulerStatus } from './scheduler-status.dto';
import { type ServerState } from './server-state';
import { SlotWatches } from './slot-watch';
import { statusOf } from './status-of';
import { WaitClock } from './wait-clock';
import { type WaitingCall } from './waiting-calls';

/** Lets calls go in the order that `Scheduling` decides. Everything here is bookkeeping around it: promises, timers, aborts. */
@Injectable()
export class ModelScheduler extends CallScheduler implements OnModuleDestroy {
  /** Whenever calls came, went or ended. */
  readonly changes = new Subject<void>();
  /** Servers where a call had to load its model, when it has ended. */
  readonly loadings = new Subject<ServerState>();
  /** Servers that could not be reached. */
  readonly losses = new Subject<ServerState>();
  readonly scheduling: Scheduling;
  private readonly logger = new Logger(ModelScheduler.name);
  private readonly starters = new Map<number, (started: StartedCall) => void>();
  private readonly waits = new WaitClock();
  private readonly loads = new LoadCounts();
  private readonly slots = new SlotWatches();
  private readonly servers: ReadonlyMap<string, OllamaServer>;
  private lastId = 0;
  private computedMs = 0;
  private timer?: NodeJS.Timeout;

  constructor(
    { all }: OllamaServers,
    private readonly use: ModelUse,
    @Inject(SETTINGS_TOKEN)
    private readonly settings: Pick<
      Settings,
      'ollamaNumParallel' | 'schedulerMaxWaitSeconds' | 'maxParallelism'
    >,
  ) {
    super();
    this.servers = new Map(all.map((server) => [server.address, server]));
    this.scheduling = new Scheduling([...this.servers.keys()], {
      slots: settings.ollamaNumParallel,
      maxWaitMs: settings.schedulerMaxWaitSeconds * 1000,
    });
  }

  onModuleDestroy(): void {
    clearTimeout(this.timer);
  }

  async run<T>(scheduled: ScheduledCall, work: (slot: CallSlot) => Promise<T>): Promise<T> {
    const { signal } = scheduled;
    signal.throwIfAborted();
    const started = await this.waitForSlot(this.waitingCall(scheduled), signal);
    let measures: CallMeasures | null = null;
    let failed = true;
    try {
      // Aborted in the moment when its turn came.
      signal.throwIfAborted();
      const report = (measured: CallMeasures) => {
        measures = measured;
      };
      const result = await work({ server: this.serverOf(started.server), report });
      failed = false;
      return result;
    } catch (error) {
      this.noteFailure(started, error);
      throw error;
    } finally {
      this.end(started, measures, failed);
    }
  }

  canServe(model: string): boolean {
    const name = fullModelName(model);
    return this.scheduling.state.servers.some((server) => server.isUp && server.mayHave(name));
  }

  conversationsFor(models: readonly string[]): number {
    const conversations = this.scheduling.conversationsFor(models.map(fullModelName));
    return Math.min(conversations, this.settings.maxParallelism);
  }

  fitTogether(models: readonly string[]): boolean {
    return this.scheduling.fitTogether(models.map(fullModelName));
  }

  loadedAmong(models: readonly string[]): string | null {
    const isLoaded = (model: string) => {
      const name = fullModelName(model);
      return this.scheduling.state.servers.some(({ isUp, loaded }) => isUp && loaded.has(name));
    };
    return models.find(isLoaded) ?? null;
  }

  waitedMs(conversationId: string): number {
    return this.waits.waitedMs(conversationId, performance.now());
  }

  forget(conversationId: string): void {
    this.waits.forget(conversationId);
    this.loads.forget(conversationId);
    this.scheduling.forget(conversationId);
    this.pump();
  }

  /** Whether any call waits or is at work. */
  get isBusy(): boolean {
    const { waiting, servers } = this.scheduling.state;
    return waiting.size > 0 || servers.some(({ atWork }) => atWork.size > 0);
  }

  status(): SchedulerStatus {
    return statusOf({
      scheduling: this.scheduling,
      loads: this.loads,
      slots: this.slots,
      experiments: this.use.all(),
      maxWaitSeconds: this.settings.schedulerMaxWaitSeconds,
      computedMs: this.computedMs,
      now: performance.now(),
    });
  }

  /** Looks which calls may go now, after something was learned of the servers. */
  pump(): void {
    this.compute((now) => {
      const started = this.scheduling.start(now);
      for (const call of started) {
        this.begin(call, now);
      }
      clearTimeout(this.timer);
      const wakeAt = this.scheduling.wakeAt(now);
      if (wakeAt !== null) {
        this.timer = setTimeout(() => this.pump(), Math.max(Math.ceil(wakeAt - now), 1)).unref();
      }
    });
    this.changes.next();
  }

  private waitingCall({ model, experimentId = '', conversationId = '' }: ScheduledCall): WaitingCall {
    this.lastId += 1;
    return {
      id: this.lastId,
      model: fullModelName(model),
      user: experimentId === '' ? `client ${this.lastId}` : experimentId,
      conversation: conversationId === '' ? null : conversationId,
      // A person waits for what belongs to no experiment.
      priority: experimentId === '' ? 'high' : (this.use.useOf(experimentId)?.priority ?? 'normal'),
      queuedAt: performance.now(),
    };
  }

  private waitForSlot(call: WaitingCall, signal: AbortSignal): Promise<StartedCall> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.starters.delete(call.id);
        this.compute((now) => this.scheduling.cancel(call, now));
        this.countWait(call, -1, 0);
        reject(signal.reason as Error);
        this.pump();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.starters.set(call.id, (started) => {
        signal.removeEventListener('abort', leave);
        resolve(started);
      });
      this.compute((now) => this.scheduling.enqueue(call, now));
      this.countWait(call, 1, 0);
      this.pump();
    });
  }

  private begin(started: StartedCall, now: number): void {
    const { call, server } = started;
    this.loads.begin(call, (models) => server.memory.fits(models));
    this.slots.begin(started, now);
    this.countWait(call, -1, 1);
    const start = this.starters.get(call.id);
    this.starters.delete(call.id);
    start?.(started);
  }

  private end(started: StartedCall, measures: CallMeasures | null, failed: boolean): void {
    const { call, server, isLoad } = started;
    this.compute((now) => {
      this.scheduling.finish(started, { measures, failed }, now);
      if (this.slots.end(started, measures, now)) {
        this.logger.warn('Ollama has fewer slots than OLLAMA_NUM_PARALLEL says', {
          server: server.address,
          model: call.model,
        });
      }
    });
    this.countWait(call, 0, -1);
    if (isLoad && server.isUp && server.mayHave(call.model)) {
      this.loads.count(call.model);
      this.loadings.next(server);
    }
    this.pump();
  }

  private noteFailure({ call, server }: StartedCall, error: unknown): void {
    if (isAway(error)) {
      if (server.isUp) {
        this.logger.warn('an Ollama server is left out until it answers', {
          server: server.address,
          code: error.code,
        });
      }
      server.lose();
      this.losses.next(server);
    } else if (isFaultOfServer(error)) {
      server.lacks(call.model);
    }
  }

  private countWait({ conversation }: WaitingCall, waiting: number, atWork: number): void {
    if (conversation !== null) {
      this.waits.change(conversation, waiting, atWork, performance.now());
    }
  }

  private serverOf({ address }: ServerState): OllamaServer {
    const server = this.servers.get(address);
    if (!server) {
      throw new Error('A call was given to a server that there is none of.');
    }
    return server;
  }

  /** Runs a step of the scheduler and counts what it costs. */
  private compute(step: (now: number) => void): void {
    const start = performance.now();
    step(start);
    this.computedMs += performance.now() - start;
  }
}
