import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { type Subscription } from 'rxjs';
import { SETTINGS_TOKEN } from '../../config/config.module';
import { type Settings } from '../../config/settings.schema';
import { wireKeepAlive } from '../chat-model.factory';
import { ContextWindows } from '../context-windows';
import { fullModelName } from '../model-name';
import { ModelUse } from '../model-use';
import { type OllamaServer, OllamaServers } from '../ollama-servers';
import { ModelScheduler } from './model-scheduler';
import { type ServerState } from './server-state';

/** Milliseconds between two looks at what a server has loaded, while it works. */
const LOOK_MS = 5_000;

/** Milliseconds until the next look when calls began during one. */
const LOOK_AGAIN_MS = 200;

/** Looks at a server between two looks at which models it has: pulls are seldom. */
const LOOKS_PER_INVENTORY = 6;

/** Milliseconds that a server that was away has to answer. */
const ANSWER_MS = 2_000;

/** Keeps what the scheduler believes of the servers true: what is loaded, what is installed, who is back. */
@Injectable()
export class ServerObserver implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(ServerObserver.name);
  private readonly subscriptions: Subscription[] = [];
  private readonly timers = new Map<ServerState, NodeJS.Timeout>();
  private readonly looks = new Map<ServerState, number>();
  private isStopped = false;

  constructor(
    private readonly servers: OllamaServers,
    private readonly scheduler: ModelScheduler,
    private readonly use: ModelUse,
    private readonly windows: ContextWindows,
    @Inject(SETTINGS_TOKEN)
    private readonly settings: Pick<Settings, 'ollamaReturnCheckSeconds' | 'defaultKeepAlive'>,
  ) {}

  onModuleInit(): void {
    this.subscriptions.push(
      this.scheduler.changes.subscribe(() => this.lookAtAll()),
      this.scheduler.loadings.subscribe((server) => {
        if (this.use.all().size > 0) {
          this.lookIn(server, 0);
        }
      }),
      this.scheduler.losses.subscribe((server) => this.waitForReturn(server)),
    );
  }

  private get isWorking(): boolean {
    return this.scheduler.isBusy && this.use.all().size > 0;
  }

  onModuleDestroy(): void {
    this.isStopped = true;
    this.subscriptions.forEach((subscription) => subscription.unsubscribe());
    this.timers.forEach((timer) => clearTimeout(timer));
  }

  /** The first call of an experiment begins the looks; they go on while there are any. A client's single call needs none. */
  private lookAtAll(): void {
    if (this.isWorking) {
      for (const server of this.scheduler.scheduling.state.servers) {
        if (server.isUp && !this.timers.has(server)) {
          this.lookIn(server, 0);
        }
      }
    }
  }

  private lookIn(server: ServerState, ms: number): void {
    this.later(server, ms, () => void this.look(server));
  }

  /** An only server gets the calls whether it is up or not. */
  private waitForReturn(server: ServerState): void {
    if (this.servers.all.length === 1) {
      return;
    }
    this.later(server, this.settings.ollamaReturnCheckSeconds * 1000, () => void this.checkReturn(server));
  }

  private later(server: ServerState, ms: number, step: () => void): void {
    clearTimeout(this.timers.get(server));
    if (!this.isStopped) {
      this.timers.set(server, setTimeout(step, ms).unref());
    }
  }

  private async look(server: ServerState): Promise<void> {
    const { client } = this.serverOf(server);
    const askedAt = performance.now();
    let isLate = false;
    try {
      await this.readInventory(server);
      const models = await client.loadedModels();
      // What began meanwhile may not be in the answer yet.
      isLate = server.begunAt >= askedAt;
      if (server.isUp && !isLate) {
        server.saw(new Map(models.map(({ name, size }) => [fullModelName(name), size ?? null])));
        await this.loadAhead(server);
        this.scheduler.pump();
      }
    } catch {
      // Whether it is away shows with the next call.
    }
    if (this.isWorking && server.isUp) {
      this.lookIn(server, isLate ? LOOK_AGAIN_MS : LOOK_MS);
    } else if (server.isUp) {
      this.timers.delete(server);
      this.looks.delete(server);
    }
  }

  /** With one server there is nothing to choose, so it need not be known. */
  private async readInventory(server: ServerState): Promise<void> {
    const looks = this.looks.get(server) ?? 0;
    this.looks.set(server, looks + 1);
    if (this.servers.all.length > 1 && looks % LOOKS_PER_INVENTORY === 0) {
      const models = await this.serverOf(server).client.installedModels();
      server.sawInstalled(new Set(models.map(({ name }) => fullModelName(name))));
    }
  }

  /** Loads models of running experiments that are loaded nowhere, where they are known to fit beside what is. */
  private async loadAhead(server: ServerState): Promise<void> {
    const wanted = [...this.use.all().values()].flatMap(({ models }) => models);
    for (const model of wanted) {
      const name = fullModelName(model);
      const numCtx = this.windows.known(model);
      const isLoaded = this.scheduler.scheduling.state.servers.some(({ loaded }) => loaded.has(name));
      if (
        numCtx !== undefined &&
        !isLoaded &&
        server.loaded.size > 0 &&
        server.has(name) &&
        server.fitsBeside(name)
      ) {
        this.logger.log('a model is loaded ahead', { model, server: server.address });
        await this.serverOf(server).client.load(model, {
          numCtx,
          keepAlive: wireKeepAlive(this.settings.defaultKeepAlive),
        });
        server.loaded.set(name, server.memory.sizeOf(name) ?? null);
        return;
      }
    }
  }

  private async checkReturn(server: ServerState): Promise<void> {
    try {
      await this.serverOf(server).client.version(ANSWER_MS);
    } catch {
      this.waitForReturn(server);
      return;
    }
    this.logger.log('an Ollama server is back', { server: server.address });
    server.isUp = true;
    this.timers.delete(server);
    this.looks.delete(server);
    this.scheduler.pump();
  }

  private serverOf({ address }: ServerState): OllamaServer {
    const server = this.servers.all.find((candidate) => candidate.address === address);
    if (!server) {
      throw new Error('There is no server of this address.');
    }
    return server;
  }
}
