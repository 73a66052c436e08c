import { Inject, Logger } from '@nestjs/common';
import { WebSocketServer } from '@nestjs/websockets';
import { type DefaultEventsMap, type Namespace, type Socket } from 'socket.io';
import { type Settings } from '../config/settings.schema';
import { ServerClosing } from './server-closing';
import { untilDrained, watchSlowConsumers } from './socket-queues';
import { answerUnknownEvents } from './unknown-events';

/** Milliseconds that a shutdown waits for what has been said to reach the clients. */
const DRAIN_MS = 1_000;

export type LiveSocket<Events extends DefaultEventsMap, Data = unknown> = Socket<
  DefaultEventsMap,
  Events,
  DefaultEventsMap,
  Data
>;
export type LiveNamespace<Events extends DefaultEventsMap, Data = unknown> = Namespace<
  DefaultEventsMap,
  Events,
  DefaultEventsMap,
  Data
>;

/**
 * What the gateways of all features share: clients that do not read are disconnected, unknown events are answered, and a
 * shutdown is announced and lets the last words out. Each one is a leaf that only joins its streams to rooms; `Events` lists all that its
 * clients can get.
 */
export abstract class LiveGateway<Events extends DefaultEventsMap, Data = unknown> {
  @WebSocketServer()
  protected readonly namespace!: LiveNamespace<Events, Data>;
  @Inject(ServerClosing)
  private readonly closing!: ServerClosing;
  protected readonly logger = new Logger(this.constructor.name);
  private readonly stops: (() => void)[] = [];

  constructor(private readonly slowConsumerSettings: Pick<Settings, 'slowConsumerQueue'>) {}

  /**
   * Connects what the feature tells to the rooms of the namespace: each event is encoded once and sent by a room emit.
   * @returns the functions that take the connections off again
   */
  protected abstract joinStreams(namespace: LiveNamespace<Events, Data>): (() => void)[];

  afterInit(namespace: LiveNamespace<Events, Data>): void {
    const closing = this.closing.begun.subscribe(() => {
      (namespace as Namespace).emit('server.closing', {});
    });
    this.stops.push(
      () => closing.unsubscribe(),
      ...this.joinStreams(namespace),
      watchSlowConsumers(namespace, this.slowConsumerSettings.slowConsumerQueue, this.logger),
    );
  }

  handleConnection(socket: LiveSocket<Events, Data>): void {
    answerUnknownEvents(socket);
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
}
