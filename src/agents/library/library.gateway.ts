import { Inject, UseFilters } from '@nestjs/common';
import { ConnectedSocket, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { WsErrorsFilter } from '../../common/http/ws-errors.filter';
import { SETTINGS_TOKEN } from '../../config/config.module';
import { type Settings } from '../../config/settings.schema';
import { LiveGateway, type LiveNamespace, type LiveSocket } from '../../live/live-gateway';
import { LibraryChanges } from './library-changes';
import { type LibraryHead } from './library-item';

/** Every event that a client of this namespace can receive. */
export type LibraryEvents = {
  'agent.saved': (agent: LibraryHead) => void;
  'agent.removed': (agent: { id: string }) => void;
  'team.saved': (team: LibraryHead) => void;
  'team.removed': (team: { id: string }) => void;
};

const LIST_ROOM = 'list';

/** Watching the library of agents and teams over Socket.IO. */
@WebSocketGateway({ namespace: '/agents' })
@UseFilters(WsErrorsFilter)
export class LibraryGateway extends LiveGateway<LibraryEvents> {
  constructor(
    private readonly changes: LibraryChanges,
    @Inject(SETTINGS_TOKEN) settings: Settings,
  ) {
    super(settings);
  }

  protected joinStreams(namespace: LiveNamespace<LibraryEvents>): (() => void)[] {
    const changes = this.changes.subscribe((change) => {
      const room = namespace.to(LIST_ROOM);
      if (change.what === 'saved') {
        room.emit(`${change.kind}.saved`, change.entry);
      } else {
        room.emit(`${change.kind}.removed`, { id: change.id });
      }
    });
    return [() => changes.unsubscribe()];
  }

  @SubscribeMessage('subscribe')
  async subscribe(@ConnectedSocket() socket: LiveSocket<LibraryEvents>): Promise<{ ok: true }> {
    await socket.join(LIST_ROOM);
    return { ok: true };
  }

  @SubscribeMessage('unsubscribe')
  async unsubscribe(@ConnectedSocket() socket: LiveSocket<LibraryEvents>): Promise<{ ok: true }> {
    await socket.leave(LIST_ROOM);
    return { ok: true };
  }
}
