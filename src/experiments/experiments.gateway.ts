import { Inject, UseFilters } from '@nestjs/common';
import {
  Ack,
  ConnectedSocket,
  MessageBody,
  type OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import { DomainError } from '../common/errors/domain-error';
import { WsErrorsFilter } from '../common/http/ws-errors.filter';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { catchUp } from '../live/catch-up';
import { EventPump } from '../live/event-pump';
import { type ServerEvents, type StoredEvent } from '../live/event-types';
import { LiveGateway, type LiveNamespace, type LiveSocket } from '../live/live-gateway';
import { OpenTurns } from '../live/open-turns';
import { untilBacklogMoves } from '../live/socket-queues';
import { type Subscription, SubscribeRequest, UnsubscribeRequest } from './dto/subscription.dto';
import { ExperimentEstimates } from './estimate/experiment-estimates';
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
  watched?: Map<string, WatchedExperiment>;
}

type ClientSocket = LiveSocket<ServerEvents, SocketData>;

/** Experiments that one connection may watch: each costs memory, also while nothing happens in it. */
const MAX_WATCHED = 256;

const LIST_ROOM = 'list';
const eventRoom = (experimentId: string) => `events:${experimentId}`;
const deltaRoom = (experimentId: string) => `deltas:${experimentId}`;

/** Watching experiments over Socket.IO. */
@WebSocketGateway({ namespace: '/experiments' })
@UseFilters(WsErrorsFilter)
export class ExperimentsGateway extends LiveGateway<ServerEvents, SocketData> implements OnGatewayDisconnect {
  constructor(
    private readonly repository: ExperimentRepository,
    private readonly pump: EventPump,
    private readonly openTurns: OpenTurns,
    private readonly changes: ExperimentChanges,
    private readonly estimates: ExperimentEstimates,
    @Inject(SETTINGS_TOKEN) settings: Settings,
  ) {
    super(settings);
  }

  protected joinStreams(namespace: LiveNamespace<ServerEvents, SocketData>): (() => void)[] {
    const changes = this.changes.subscribe((change) => void this.tellList(change));
    return [
      this.pump.listen((event) => send(namespace.to(eventRoom(event.experiment_id)), event)),
      this.openTurns.listen((delta) => {
        namespace.to(deltaRoom(delta.experiment_id)).emit('turn.delta', delta);
      }),
      () => changes.unsubscribe(),
    ];
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
    if (watched.size >= MAX_WATCHED) {
      throw new DomainError(
        'TOO_MANY_SUBSCRIPTIONS',
        `This connection watches ${MAX_WATCHED} experiments already; unsubscribe from one, or use a second connection.`,
      );
    }
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
        send: (event) => {
          send(socket, event);
          return untilBacklogMoves(socket.conn);
        },
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
      ...statusData(experiment, null, this.estimates.secondsOf(experiment)),
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
