import { Inject, UseFilters } from '@nestjs/common';
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
import { type OllamaStatus } from './ollama-status';
import { OllamaWatch } from './ollama-watch';

/** Every event of the namespace. */
type OllamaEvents = {
  'ollama.status': (status: OllamaStatus) => void;
};

/** Per connection. */
interface SocketData {
  /** Ends its watching. */
  release?: () => void;
}

type ClientSocket = LiveSocket<OllamaEvents, SocketData>;

const STATUS_ROOM = 'status';

/** Watching over Socket.IO whether Ollama is there and what it has loaded. */
@WebSocketGateway({ namespace: '/ollama' })
@UseFilters(WsErrorsFilter)
export class OllamaGateway extends LiveGateway<OllamaEvents, SocketData> implements OnGatewayDisconnect {
  constructor(
    private readonly watch: OllamaWatch,
    @Inject(SETTINGS_TOKEN) settings: Settings,
  ) {
    super(settings);
  }

  protected joinStreams(namespace: LiveNamespace<OllamaEvents, SocketData>): (() => void)[] {
    const changes = this.watch.changes.subscribe((status) => {
      namespace.to(STATUS_ROOM).emit('ollama.status', status);
    });
    return [() => changes.unsubscribe()];
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
}
