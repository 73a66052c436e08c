import { Inject, UseFilters } from '@nestjs/common';
import { throttleTime } from 'rxjs';
import {
  Ack,
  ConnectedSocket,
  type OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import { WsErrorsFilter } from '../common/http/ws-errors.filter';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { LiveGateway, type LiveNamespace, type LiveSocket } from '../live/live-gateway';
import { ModelScheduler } from './scheduling/model-scheduler';
import { type SchedulerStatus } from './scheduling/scheduler-status.dto';
import { type OllamaStatus } from './ollama-status';
import { OllamaWatch } from './ollama-watch';

/** Every event of the namespace. */
type OllamaEvents = {
  'ollama.status': (status: OllamaStatus) => void;
  'ollama.scheduler': (status: SchedulerStatus) => void;
};

/** Per connection. */
interface SocketData {
  /** Ends its watching. */
  release?: () => void;
}

type ClientSocket = LiveSocket<OllamaEvents, SocketData>;

const STATUS_ROOM = 'status';
const SCHEDULER_ROOM = 'scheduler';

/** Milliseconds between two events about the scheduler, at least: calls come and go more often than anybody can read. */
const SCHEDULER_INTERVAL_MS = 1_000;

/** Watching over Socket.IO whether Ollama is there, what it has loaded, and which calls wait for it. */
@WebSocketGateway({ namespace: '/ollama' })
@UseFilters(WsErrorsFilter)
export class OllamaGateway extends LiveGateway<OllamaEvents, SocketData> implements OnGatewayDisconnect {
  constructor(
    private readonly watch: OllamaWatch,
    private readonly scheduler: ModelScheduler,
    @Inject(SETTINGS_TOKEN) settings: Settings,
  ) {
    super(settings);
  }

  protected joinStreams(namespace: LiveNamespace<OllamaEvents, SocketData>): (() => void)[] {
    const changes = this.watch.changes.subscribe((status) => {
      namespace.to(STATUS_ROOM).emit('ollama.status', status);
    });
    const steps = this.scheduler.changes
      .pipe(throttleTime(SCHEDULER_INTERVAL_MS, undefined, { leading: true, trailing: true }))
      .subscribe(() => {
        if (namespace.adapter.rooms.has(SCHEDULER_ROOM)) {
          namespace.to(SCHEDULER_ROOM).emit('ollama.scheduler', this.scheduler.status());
        }
      });
    return [() => changes.unsubscribe(), () => steps.unsubscribe()];
  }

  handleDisconnect(socket: ClientSocket): void {
    socket.data.release?.();
  }

  /** Answers how Ollama is doing, then tells of every change. */
  @SubscribeMessage('subscribe')
  async subscribe(
    @ConnectedSocket() socket: ClientSocket,
    @Ack() ack?: (answer: OllamaStatus) => void,
  ): Promise<void> {
    if (!socket.connected) {
      return;
    }
    socket.data.release ??= this.watch.watch();
    const { release } = socket.data;
    const status = await this.watch.current();
    ack?.(status);
    // It may have left, or unsubscribed, while Ollama was asked.
    if (socket.connected && socket.data.release === release) {
      void socket.join(STATUS_ROOM);
    }
  }

  @SubscribeMessage('unsubscribe')
  unsubscribe(@ConnectedSocket() socket: ClientSocket): { ok: true } {
    void socket.leave(STATUS_ROOM);
    socket.data.release?.();
    delete socket.data.release;
    return { ok: true };
  }

  /** Answers what the scheduler does, then tells of it while calls come and go. */
  @SubscribeMessage('scheduler.subscribe')
  subscribeScheduler(@ConnectedSocket() socket: ClientSocket): SchedulerStatus {
    void socket.join(SCHEDULER_ROOM);
    return this.scheduler.status();
  }

  @SubscribeMessage('scheduler.unsubscribe')
  unsubscribeScheduler(@ConnectedSocket() socket: ClientSocket): { ok: true } {
    void socket.leave(SCHEDULER_ROOM);
    return { ok: true };
  }
}
