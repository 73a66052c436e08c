import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { type Response } from 'express';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { catchUp } from '../live/catch-up';
import { EventPump } from '../live/event-pump';
import { type StoredEvent } from '../live/event-types';
import { OpenTurns } from '../live/open-turns';
import { ServerClosing } from '../live/server-closing';
import { SseConnection } from '../live/sse-connection';
import { sseEvent } from '../live/sse-format';
import { ExperimentChanges } from './experiment-changes';
import { ExperimentRepository } from './experiment.repository';
import { isTerminal } from './experiment-state';

/** What a client of Server-Sent Events wants of an experiment. */
export interface EventStreamWishes {
  /** Place of the last event that it knows. */
  readonly after: number;
  /** Whether it wants the text of turns in progress. */
  readonly deltas: boolean;
}

/** A client and how far it is. */
interface Watcher {
  readonly connection: SseConnection;
  readonly deltas: boolean;
  /** Whether it has all that was stored before and gets what is new. */
  isLive: boolean;
  /** Gives up the cursor that it relies on. */
  release: () => void;
}

const SLOW_CHECK_MS = 500;
/** Milliseconds that a shutdown waits for what has been said to reach the clients. */
const DRAIN_MS = 1_000;

/** Watching experiments by Server-Sent Events: the events of Socket.IO, each encoded once for all who watch. */
@Injectable()
export class EventStreams implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger(EventStreams.name);
  private readonly audiences = new Map<string, Set<Watcher>>();
  private readonly stops: (() => void)[] = [];
  private isClosing = false;

  constructor(
    private readonly repository: ExperimentRepository,
    private readonly pump: EventPump,
    private readonly openTurns: OpenTurns,
    private readonly changes: ExperimentChanges,
    private readonly closing: ServerClosing,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  onModuleInit(): void {
    const removals = this.changes.subscribe(({ kind, experimentId }) => {
      if (kind === 'removed') {
        this.tellRemoved(experimentId);
      }
    });
    const closing = this.closing.begun.subscribe(() => {
      for (const experimentId of this.audiences.keys()) {
        this.send(
          experimentId,
          ({ isLive }) => isLive,
          () => sseEvent('server.closing', {}),
        );
      }
    });
    const slowCheck = setInterval(() => this.cutSlowWatchers(), SLOW_CHECK_MS).unref();
    this.stops.push(
      this.pump.listen((event) => this.tell(event)),
      this.openTurns.listen((delta) => {
        this.send(
          delta.experiment_id,
          ({ isLive, deltas }) => isLive && deltas,
          () => sseEvent('turn.delta', delta),
        );
      }),
      () => removals.unsubscribe(),
      () => closing.unsubscribe(),
      () => clearInterval(slowCheck),
    );
  }

  /** What was said last must not be lost when the server closes its connections. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isClosing = true;
    const connections = [...this.audiences.values()].flatMap((watchers) =>
      [...watchers].map(({ connection }) => connection),
    );
    connections.forEach((connection) => connection.end());
    await Promise.all(connections.map((connection) => connection.untilClosed(DRAIN_MS)));
  }

  onApplicationShutdown(): void {
    this.stops.forEach((stop) => stop());
  }

  /**
   * Answers with the stream of an experiment: what came after a place, then what is new, until it is over or removed. A
   * client that has all of a finished one is told so by 204, after which browsers do not come back.
   * @throws DomainError EXPERIMENT_NOT_FOUND
   */
  async open(response: Response, experimentId: string, { after, deltas }: EventStreamWishes): Promise<void> {
    const connection = new SseConnection(response, { heartbeatMs: this.settings.sseHeartbeatSeconds * 1000 });
    const watcher: Watcher = { connection, deltas, isLive: false, release: () => undefined };
    this.enter(response, experimentId, watcher);
    const { state, lastSeq } = await this.repository.get(experimentId);
    if (!connection.isOpen) {
      return;
    }
    if (isTerminal(state) && after >= lastSeq) {
      response.status(204).end();
      return;
    }
    connection.start();
    if (response.req.method === 'HEAD' || this.isClosing) {
      connection.end();
      return;
    }
    watcher.release = this.pump.watch(experimentId, lastSeq);
    await catchUp({
      after,
      readAfter: (place) => this.pump.readAfter(experimentId, place),
      cursor: () => this.pump.cursor(experimentId),
      connected: () => connection.isOpen,
      send: (event) => this.replay(connection, event),
      join: () => {
        if (isTerminal(state)) {
          // All of it was sent, and nothing will follow.
          connection.end();
        } else {
          this.join(watcher, experimentId);
        }
      },
    });
  }

  /** From here on it hears of a removal, and whenever the client leaves nothing is left of it. */
  private enter(response: Response, experimentId: string, watcher: Watcher): void {
    if (!watcher.connection.isOpen) {
      return;
    }
    const audience = this.audiences.get(experimentId) ?? new Set<Watcher>();
    this.audiences.set(experimentId, audience.add(watcher));
    response.once('close', () => {
      watcher.release();
      audience.delete(watcher);
      if (audience.size === 0 && this.audiences.get(experimentId) === audience) {
        this.audiences.delete(experimentId);
      }
    });
  }

  private async replay(connection: SseConnection, event: StoredEvent): Promise<void> {
    const isReading = await connection.send(sseEvent(event.type, event, event.seq));
    if (!isReading) {
      this.cut(connection, event.experiment_id);
    } else if (isLast(event)) {
      connection.end();
    }
  }

  /** In one synchronous step: nothing can be delivered between the text so far and the deltas that follow it. */
  private join(watcher: Watcher, experimentId: string): void {
    if (watcher.deltas) {
      for (const delta of this.openTurns.textSoFar(experimentId)) {
        watcher.connection.write(sseEvent('turn.delta', delta));
      }
    }
    watcher.isLive = true;
  }

  private tell(event: StoredEvent): void {
    const told = this.send(
      event.experiment_id,
      ({ isLive }) => isLive,
      () => sseEvent(event.type, event, event.seq),
    );
    if (isLast(event)) {
      told.forEach(({ connection }) => connection.end());
    }
  }

  private tellRemoved(experimentId: string): void {
    const told = this.send(
      experimentId,
      () => true,
      () => sseEvent('experiment.removed', { experiment_id: experimentId }),
    );
    told.forEach(({ connection }) => connection.end());
  }

  /** Encodes something once and writes it to all watchers that want it. */
  private send(experimentId: string, wanted: (watcher: Watcher) => boolean, text: () => string): Watcher[] {
    const watchers = [...(this.audiences.get(experimentId) ?? [])].filter(wanted);
    if (watchers.length > 0) {
      const bytes = Buffer.from(text());
      watchers.forEach(({ connection }) => connection.write(bytes));
    }
    return watchers;
  }

  private cutSlowWatchers(): void {
    for (const [experimentId, watchers] of this.audiences) {
      for (const { connection } of watchers) {
        if (connection.isSlow(this.settings.slowConsumerQueue)) {
          this.cut(connection, experimentId);
        }
      }
    }
  }

  /** A client that does not read costs memory that others need; it can come back and ask for what it missed. */
  private cut(connection: SseConnection, experimentId: string): void {
    this.logger.warn('a client that does not read is disconnected', {
      code: 'SLOW_CONSUMER',
      experiment_id: experimentId,
      waiting: connection.waiting,
    });
    connection.cut();
  }
}

/** Whether nothing can come after it. */
function isLast(event: StoredEvent): boolean {
  return event.type === 'experiment.status' && event.completed_at !== null;
}
