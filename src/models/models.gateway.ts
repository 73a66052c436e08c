import { Inject, UseFilters } from '@nestjs/common';
import { Ack, ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { WsErrorsFilter } from '../common/http/ws-errors.filter';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { LiveGateway, type LiveNamespace, type LiveSocket } from '../live/live-gateway';
import {
  type ModelEvents,
  type PullSubscription,
  PullSubscriptionRequest,
} from './dto/pull-subscription.dto';
import { PullBook } from './pull-book';
import { PullFeed, type PullNews } from './pull-feed';
import { taskMap, taskView } from './pull-views';

const ALL_ROOM = 'pulls';
const taskRoom = (id: string) => `pull:${id}`;
const roomOf = ({ taskId }: PullSubscriptionRequest) => (taskId ? taskRoom(taskId) : ALL_ROOM);

/** Watching pulls over Socket.IO. */
@WebSocketGateway({ namespace: '/models' })
@UseFilters(WsErrorsFilter)
export class ModelsGateway extends LiveGateway<ModelEvents> {
  constructor(
    private readonly book: PullBook,
    private readonly feed: PullFeed,
    @Inject(SETTINGS_TOKEN) settings: Settings,
  ) {
    super(settings);
  }

  protected joinStreams(namespace: LiveNamespace<ModelEvents>): (() => void)[] {
    const subscription = this.feed.subscribe((news) => tell(namespace, news));
    return [() => subscription.unsubscribe()];
  }

  /** Watches one pull or all: answers how they stand and joins in one step, so that nothing is missed between. */
  @SubscribeMessage('subscribe')
  subscribe(
    @MessageBody() request: PullSubscriptionRequest,
    @ConnectedSocket() socket: LiveSocket<ModelEvents>,
    @Ack() ack?: (answer: PullSubscription) => void,
  ): void {
    const tasks = request.taskId ? [this.book.get(request.taskId)] : this.book.all();
    ack?.({ tasks: taskMap(tasks) });
    void socket.join(roomOf(request));
  }

  @SubscribeMessage('unsubscribe')
  unsubscribe(
    @MessageBody() request: PullSubscriptionRequest,
    @ConnectedSocket() socket: LiveSocket<ModelEvents>,
  ): { ok: true } {
    void socket.leave(roomOf(request));
    return { ok: true };
  }
}

function tell(namespace: LiveNamespace<ModelEvents>, news: PullNews): void {
  if (news.kind === 'model.deleted') {
    const { kind, ...event } = news;
    namespace.to(ALL_ROOM).emit(kind, event);
    return;
  }
  const { kind, task } = news;
  const room = namespace.to([ALL_ROOM, taskRoom(task.id)]);
  const about = { task_id: task.id, model_name: task.modelName };
  switch (kind) {
    case 'status':
      room.emit('pull.status', taskView(task));
      break;
    case 'progress':
      room.emit('pull.progress', { ...about, progress: task.progress });
      break;
    case 'removed':
      room.emit('pull.removed', about);
      break;
  }
}
