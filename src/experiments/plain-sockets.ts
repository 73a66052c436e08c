import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { WebSocket } from 'ws';
import { catchUp } from '../live/catch-up';
import { EventLog } from '../live/event-log';
import { EventPump } from '../live/event-pump';
import { type StoredEvent } from '../live/event-types';
import { UpgradeRouter } from '../live/upgrade-router';
import { type ExperimentEntity } from './experiment.entity';
import { ExperimentRepository } from './experiment.repository';
import { isTerminal } from './experiment-state';
import { PlainAudience, sendBacklogFrame, sendFrame } from './plain-audience';
import { PlainFrames } from './plain-frames';
import { PlainView } from './plain-view';
import { runId } from './run-plan';
import { type RunPlace, RunsInOrder } from './runs-in-order';

const CLOSE_FAILED = 1011;
const CLOSE_NOT_FOUND = 4004;

/** Events read from the table at once. */
const PAGE = 500;

/** The plain WebSocket `/ws/experiments/{experiment_id}` of existing clients. */
@Injectable()
export class PlainSockets implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(PlainSockets.name);
  private readonly audiences = new Map<
    string,
    { readonly audience: PlainAudience; readonly release: () => void }
  >();
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
    await Promise.all([...this.audiences.values()].map(({ audience }) => audience.idle()));
  }

  /** Whatever goes wrong here ends this connection only. What the client says is not read (its pings want no answer). */
  private async accept(socket: WebSocket, experimentId: string): Promise<void> {
    try {
      const experiment = await this.repository.find(experimentId);
      if (!experiment) {
        sendFrame(socket, this.frames.notFound(experimentId));
        socket.close(CLOSE_NOT_FOUND, 'Experiment not found');
        return;
      }
      sendFrame(socket, this.frames.first(experiment));
      if (!isTerminal(experiment.state)) {
        await this.join(socket, experiment);
      }
    } catch (error) {
      this.logger.error('a plain socket failed', { experiment_id: experimentId, error });
      socket.close(CLOSE_FAILED, 'Internal error');
    }
  }

  /** The first run that has not ended from its start, then what is new. Earlier runs come with the GET of the experiment. */
  private async join(socket: WebSocket, experiment: ExperimentEntity): Promise<void> {
    const { id, lastSeq } = experiment;
    const place = await this.placeOf(experiment);
    if (socket.readyState === WebSocket.CLOSED) {
      return;
    }
    const audience = this.enter(socket, experiment, place);
    socket.once('close', () => this.exit(id, audience, socket));
    // Who comes must not be ahead of the others: they would be told what it knows already.
    await audience.goOnTo(lastSeq);
    const isOpen = place.isOpen;
    const start: RunPlace = isOpen ? { run: place.run - 1, isOpen: false, since: place.since - 1 } : place;
    const view = this.viewAt(start, experiment);
    await catchUp({
      after: isOpen ? start.since : lastSeq,
      readAfter: (after) => this.readAfter(id, after),
      cursor: () => audience.cursor,
      connected: () => socket.readyState === WebSocket.OPEN,
      send: async (event) => {
        for await (const { frames } of view.hear(event)) {
          if (socket.readyState !== WebSocket.OPEN) {
            return;
          }
          for (const frame of frames) {
            await sendBacklogFrame(socket, frame);
          }
        }
      },
      join: () => audience.join(socket),
    });
  }

  /** Where existing clients are in the runs of an experiment as it was read. */
  private async placeOf({ id, currentIteration: run, lastSeq }: ExperimentEntity): Promise<RunPlace> {
    const part = { experimentId: id, conversationId: runId(id, run), upTo: lastSeq };
    const since = await this.events.lastSeqOf('conversation.started', { ...part, after: 0 });
    const isOpen =
      since > 0 && (await this.events.lastSeqOf('conversation.finished', { ...part, after: since })) === 0;
    return { run, isOpen, since: isOpen ? since : lastSeq };
  }

  private viewAt(place: RunPlace, experiment: ExperimentEntity): PlainView {
    const { id, currentIteration } = experiment;
    const runs = new RunsInOrder<StoredEvent>(place, (iteration, after, upTo) =>
      this.events.readConversation({
        experimentId: id,
        conversationId: runId(id, iteration),
        after,
        upTo,
      }),
    );
    return new PlainView(experiment, runs, this.frames, currentIteration);
  }

  /** From memory where it has been delivered, else from the table. */
  private readAfter(experimentId: string, after: number): Promise<StoredEvent[]> {
    return this.pump.cursor(experimentId) > after
      ? this.pump.readAfter(experimentId, after)
      : this.events.read(experimentId, after, PAGE);
  }

  private enter(socket: WebSocket, experiment: ExperimentEntity, place: RunPlace): PlainAudience {
    const { id, lastSeq } = experiment;
    let entry = this.audiences.get(id);
    if (!entry) {
      const readAfter = (after: number) => this.readAfter(id, after);
      entry = {
        audience: new PlainAudience(this.viewAt(place, experiment), lastSeq, readAfter),
        release: this.pump.watch(id, lastSeq),
      };
      this.audiences.set(id, entry);
    }
    entry.audience.guests.add(socket);
    return entry.audience;
  }

  private exit(experimentId: string, audience: PlainAudience, socket: WebSocket): void {
    audience.leave(socket);
    if (audience.guests.size === 0) {
      this.forget(experimentId, audience);
    }
  }

  private forget(experimentId: string, audience: PlainAudience): void {
    const entry = this.audiences.get(experimentId);
    if (entry?.audience === audience) {
      this.audiences.delete(experimentId);
      entry.release();
    }
  }

  private hear({ experiment_id: experimentId, seq }: StoredEvent): void {
    const audience = this.audiences.get(experimentId)?.audience;
    audience?.goOnTo(seq).catch((error: unknown) => this.fail(experimentId, audience, error));
  }

  /** Those who come back begin anew. */
  private fail(experimentId: string, audience: PlainAudience, error: unknown): void {
    this.logger.error('plain sockets could not be told', { experiment_id: experimentId, error });
    this.forget(experimentId, audience);
    audience.guests.forEach((socket) => socket.close(CLOSE_FAILED, 'Internal error'));
  }
}
