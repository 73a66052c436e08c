import { Inject, UseFilters } from '@nestjs/common';
import { ConnectedSocket, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { WsErrorsFilter } from '../common/http/ws-errors.filter';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { LiveGateway, type LiveNamespace, type LiveSocket } from '../live/live-gateway';
import { ConversationChanges, type ConversationSummary } from './conversation-changes';

/** Every event that a client of this namespace can receive. */
export type ConversationEvents = {
  'conversation.saved': (conversation: ConversationSummary) => void;
  'conversation.updated': (conversation: ConversationSummary) => void;
  'conversation.deleted': (conversation: ConversationSummary) => void;
  'conversation.imported': (conversation: ConversationSummary) => void;
};

const LIST_ROOM = 'list';

/** Watching the conversations that clients save, change, import and delete, over Socket.IO. */
@WebSocketGateway({ namespace: '/conversations' })
@UseFilters(WsErrorsFilter)
export class ConversationsGateway extends LiveGateway<ConversationEvents> {
  constructor(
    private readonly changes: ConversationChanges,
    @Inject(SETTINGS_TOKEN) settings: Settings,
  ) {
    super(settings);
  }

  protected joinStreams(namespace: LiveNamespace<ConversationEvents>): (() => void)[] {
    const changes = this.changes.subscribe(({ kind, conversation }) => {
      namespace.to(LIST_ROOM).emit(`conversation.${kind}`, conversation);
    });
    return [() => changes.unsubscribe()];
  }

  @SubscribeMessage('subscribe')
  async subscribe(@ConnectedSocket() socket: LiveSocket<ConversationEvents>): Promise<{ ok: true }> {
    await socket.join(LIST_ROOM);
    return { ok: true };
  }

  @SubscribeMessage('unsubscribe')
  async unsubscribe(@ConnectedSocket() socket: LiveSocket<ConversationEvents>): Promise<{ ok: true }> {
    await socket.leave(LIST_ROOM);
    return { ok: true };
  }
}
