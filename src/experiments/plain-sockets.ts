import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { WebSocket } from 'ws';
import { catchUp } from '../live/catch-up';
import { EventLog } from '../live/event-log';
import { EventPump } from '../live/event-pump';
import { type StoredEvent } from '../live/event-types';
import { sendBacklogText, sendText } from '../live/plain-socket';
import { UpgradeRouter } from '../live/upgrade-router';
import { type ExperimentEntity } from './experiment.entity';
import { ExperimentRepository } from './experiment.repository';
import { isTerminal } from './experiment-state';
import { type PlainFrame, PlainFrames } from './plain-frames';

const CLOSE_NORMAL = 1000;
const CLOSE_FAILED = 1011;
const CLOSE_NOT_FOUND = 4004;

/** The plain sockets of one experiment: each event is put into frames once and sent to all of them. */
interface Audience {
  readonly experiment: ExperimentEntity;
  readonly sockets: Set<WebSocket>;
  /** Place of the last event that all of them have. */
  cursor: number;
  /** Events are put into frames one after the other. */
  work: Promise<void>;
  /** Connections that are here or on their way here. */
  guests: number;
  readonly release: () => void;
}

/** The plain WebSocket `/ws/experiments/{experiment_id}` of existing clients. */
@Injectable()
export class PlainSockets implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(PlainSockets.name);
  private readonly audiences = new Map<string, Audience>();
  private stopListening: () => void = () => undefined;

  constructor(
    private readonly router: UpgradeRouter,
    private readonly repository: ExperimentRepository,
    private readonly events: EventLog,
    private readonly pump: EventPump,
    private readonly frames: PlainFrames,
  ) {}

  onModuleInit(): void {
    this.router.route('/ws/experiments/', (socket, id) => void this.accept(socket, id));
    this.stopListening = this.pump.listen((event) => this.hear(event));
  }

  onApplicationShutdown(): void {
    this.stopListening();
  }

  /** Resolves when all that was heard so far has been sent. */
  async idle(): Promise<void> {
    await Promise.all([...this.audiences.values()].map(({ work }) => work));
  }

  /** Whatever goes wrong here ends this connection only. What the client says is not read (its pings want no answer). */
  private async accept(socket: WebSocket, experimentId: string): Promise<void> {
    try {
      const experiment = await this.repository.find(experimentId);
      if (!experiment) {
        send(socket, this.frames.notFound(experimentId));
        socket.close(CLOSE_NOT_FOUND, 'Experiment not found');
        return;
      }
      const first = this.frames.first(experiment);
      send(socket, first);
      if (!isTerminal(experiment.state)) {
        await this.join(socket, experiment);
      }
    } catch (error) {
      this.logger.error('a plain socket failed', { experiment_id: experimentId, error });
      socket.close(CLOSE_FAILED, 'Internal error');
    }
  }

  /** The run in progress from its start, then what is new. Earlier runs come with the GET of the experiment. */
  private async join(socket: WebSocket, experiment: ExperimentEntity): Promise<void> {
    const audience = this.enter(experiment);
    socket.once('close', () => this.exit(audience, socket));
    const { id, lastSeq } = experiment;
    const started = await this.events.lastSeqOf(id, 'conversation.started', lastSeq);
    const finished = await this.events.lastSeqOf(id, 'conversation.finished', lastSeq);
    await catchUp({
      after: started > finished ? started - 1 : finished,
      readAfter: (after) => this.pump.readAfter(id, after),
      cursor: () => audience.cursor,
      connected: () => socket.readyState === WebSocket.OPEN,
      send: async (event) => {
        for (const { text, closes } of await this.frames.of(event, experiment)) {
          await sendBacklogText(socket, text);
          closeIf(closes, socket);
        }
      },
      join: () => audience.sockets.add(socket),
    });
  }

  private enter(experiment: ExperimentEntity): Audience {
    const known = this.audiences.get(experiment.id);
    if (known) {
      known.guests += 1;
      return known;
    }
    const release = this.pump.watch(experiment.id, experiment.lastSeq);
    const audience: Audience = {
      experiment,
      sockets: new Set(),
      cursor: this.pump.cursor(experiment.id),
      work: Promise.resolve(),
      guests: 1,
      release,
    };
    this.audiences.set(experiment.id, audience);
    return audience;
  }

  private exit(audience: Audience, socket: WebSocket): void {
    audience.sockets.delete(socket);
    audience.guests -= 1;
    if (audience.guests === 0) {
      audience.release();
      this.audiences.delete(audience.experiment.id);
    }
  }

  private hear(event: StoredEvent): void {
    const audience = this.audiences.get(event.experiment_id);
    if (audience) {
      audience.work = audience.work.then(() => this.tell(audience, event));
    }
  }

  private async tell(audience: Audience, event: StoredEvent): Promise<void> {
    try {
      const frames = await this.frames.of(event, audience.experiment);
      audience.cursor = event.seq;
      for (const socket of audience.sockets) {
        frames.forEach((frame) => send(socket, frame));
      }
    } catch (error) {
      this.logger.error('plain sockets could not be told', { experiment_id: event.experiment_id, error });
      audience.cursor = event.seq;
      audience.sockets.forEach((socket) => socket.close(CLOSE_FAILED, 'Internal error'));
    }
  }
}

function send(socket: WebSocket, { text, closes }: PlainFrame): void {
  sendText(socket, text);
  closeIf(closes, socket);
}

function closeIf(closes: boolean, socket: WebSocket): void {
  if (closes) {
    socket.close(CLOSE_NORMAL, 'Experiment completed');
  }
}
