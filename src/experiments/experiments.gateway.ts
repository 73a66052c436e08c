import {
  Inject,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  UseFilters,
} from '@nestjs/common';
import {
  Ack,
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import { type DefaultEventsMap, type Namespace, type Socket } from 'socket.io';
import { WsErrorsFilter } from '../common/http/ws-errors.filter';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { catchUp } from '../live/catch-up';
import { EventPump } from '../live/event-pump';
import { type ServerEvents, type StoredEvent } from '../live/event-types';
import { OpenTurns } from '../live/open-turns';
import { answerUnknownEvents } from '../live/unknown-events';
import { untilDrained, watchSlowConsumers } from '../live/socket-queues';
import { type Subscription, SubscribeRequest, UnsubscribeRequest } from './dto/subscription.dto';
import { type ExperimentChange, ExperimentChanges } from './experiment-changes';
import { type ExperimentEntity } from './experiment.entity';
import { ExperimentRepository } from './experiment.repository';
import { statusData } from './experiment-views';

/** An experiment that a connection watches, or is about to. */
interface WatchedExperiment {
  /** Gives it up. */
  release: () => void;
}

/** Per connection. */
interface SocketData {
  watched: Map<string, WatchedExperiment>;
}

type ClientSocket = Socket<DefaultEventsMap, ServerEvents, DefaultEventsMap, Partial<SocketData>>;
type ClientNamespace = Namespace<DefaultEventsMap, ServerEvents, DefaultEventsMap, Partial<SocketData>>;

/** Milliseconds that a shutdown waits for what has been said to reach the clients. */
const DRAIN_MS = 1_000;

const LIST_ROOM = 'list';
const eventRoom = (experimentId: string) => `events:${experimentId}`;
const deltaRoom = (experimentId: string) => `deltas:${experimentId}`;

/** Watching experiments over Socket.IO. */
@WebSocketGateway({ namespace: '/experiments' })
@UseFilters(WsErrorsFilter)
export class ExperimentsGateway
  implements
    OnGatewayInit<ClientNamespace>,
    OnGatewayConnection,
    OnGatewayDisconnect,
    BeforeApplicationShutdown,
    OnApplicationShutdown
{
  @WebSocketServer()
  private readonly namespace!: ClientNamespace;
  private readonly logger = new Logger(ExperimentsGateway.name);
  private readonly stops: (() => void)[] = [];

  constructor(
    private readonly repository: ExperimentRepository,
    private readonly pump: EventPump,
    private readonly openTurns: OpenTurns,
    private readonly changes: ExperimentChanges,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Connects the streams to the rooms: each event is encoded once and sent by a room emit. */
  afterInit(namespace: ClientNamespace): void {
    const changes = this.changes.subscribe((change) => void this.tellList(change));
    this.stops.push(
      this.pump.listen((event) => send(namespace.to(eventRoom(event.experiment_id)), event)),
      this.openTurns.listen((delta) => {
        namespace.to(deltaRoom(delta.experiment_id)).emit('turn.delta', delta);
      }),
      watchSlowConsumers(namespace, this.settings.slowConsumerQueue, this.logger),
      () => changes.unsubscribe(),
    );
  }

  /** What was said last must not be lost when Socket.IO closes its connections. */
  async beforeApplicationShutdown(): Promise<void> {
    await untilDrained(this.namespace, DRAIN_MS);
  }

  onApplicationShutdown(): void {
    for (const stop of this.stops) {
      stop();
    }
  }

  handleConnection(socket: ClientSocket): void {
    answerUnknownEvents(socket);
  }

  handleDisconnect(socket: ClientSocket): void {
    for (const { release } of socket.data.watched?.values() ?? []) {
      release();
    }
  }

  /** Watches one experiment: answers where it stands, sends what came after `after`, then what is new. */
  @SubscribeMessage('subscribe')
  async subscribe(
    @MessageBody() request: SubscribeRequest,
    @ConnectedSocket() socket: ClientSocket,
    @Ack() ack?: (answer: Subscription) => void,
  ): Promise<void> {
    const { experimentId } = request;
    this.leave(socket, experimentId);
    const subscription: WatchedExperiment = { release: () => undefined };
    const watched = (socket.data.watched ??= new Map<string, WatchedExperiment>());
    watched.set(experimentId, subscription);
    // Another call may have ended it while this one waits.
    const isCurrent = () => socket.connected && watched.get(experimentId) === subscription;
    try {
      const experiment = await this.repository.get(experimentId);
      ack?.(this.subscription(experiment));
      if (isCurrent()) {
        subscription.release = this.pump.watch(experimentId, experiment.lastSeq);
      }
      await catchUp({
        after: request.after ?? experiment.lastSeq,
        readAfter: (after) => this.pump.readAfter(experimentId, after),
        cursor: () => this.pump.cursor(experimentId),
        connected: isCurrent,
        send: (event) => send(socket, event),
        join: () => this.join(socket, experimentId, request.deltas ?? true),
      });
    } catch (error) {
      if (isCurrent()) {
        watched.delete(experimentId);
      }
      throw error;
    } finally {
      if (!isCurrent()) {
        subscription.release();
      }
    }
  }

  @SubscribeMessage('unsubscribe')
  unsubscribe(
    @MessageBody() { experimentId }: UnsubscribeRequest,
    @ConnectedSocket() socket: ClientSocket,
  ): { ok: true } {
    this.leave(socket, experimentId);
    return { ok: true };
  }

  /** Watches the list of experiments. */
  @SubscribeMessage('subscribe.list')
  async subscribeList(@ConnectedSocket() socket: ClientSocket): Promise<{ ok: true }> {
    await socket.join(LIST_ROOM);
    return { ok: true };
  }

  @SubscribeMessage('unsubscribe.list')
  async unsubscribeList(@ConnectedSocket() socket: ClientSocket): Promise<{ ok: true }> {
    await socket.leave(LIST_ROOM);
    return { ok: true };
  }

  /**
   * In one synchronous step (the adapter keeps rooms in memory): nothing can be delivered between the text so far
   * and the deltas that follow it.
   */
  private join(socket: ClientSocket, experimentId: string, deltas: boolean): void {
    void socket.join(eventRoom(experimentId));
    if (deltas) {
      for (const delta of this.openTurns.textSoFar(experimentId)) {
        socket.emit('turn.delta', delta);
      }
      void socket.join(deltaRoom(experimentId));
    }
  }

  private leave(socket: ClientSocket, experimentId: string): void {
    void socket.leave(eventRoom(experimentId));
    void socket.leave(deltaRoom(experimentId));
    socket.data.watched?.get(experimentId)?.release();
    socket.data.watched?.delete(experimentId);
  }

  private subscription(experiment: ExperimentEntity): Subscription {
    return {
      experiment_id: experiment.id,
      title: experiment.title,
      ...statusData(experiment),
      message_count: experiment.messageCount,
      open_turns: this.openTurns.of(experiment.id),
      seq: experiment.lastSeq,
    };
  }

  private async tellList({ kind, experimentId }: ExperimentChange): Promise<void> {
    const room = this.namespace.to(LIST_ROOM);
    if (kind === 'removed') {
      room.to(eventRoom(experimentId)).emit('experiment.removed', { experiment_id: experimentId });
      return;
    }
    try {
      const entry = await this.repository.listEntry(experimentId);
      if (entry) {
        room.emit(`experiment.${kind}`, entry);
      }
    } catch (error) {
      this.logger.error('a change of the list could not be told', { experiment_id: experimentId, error });
    }
  }
}

/** Where an event can be sent: a room, or one client. */
interface EventTarget {
  emit(type: StoredEvent['type'], event: StoredEvent): unknown;
}

function send(target: unknown, event: StoredEvent): void {
  // The typed map pairs each name with its payload; a union of pairs is more than its signature can follow.
  (target as EventTarget).emit(event.type, event);
}
