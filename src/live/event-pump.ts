import { setImmediate as otherWork } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database';
import { readEvents } from './event-rows';
import { type StoredEvent } from './event-types';

/** Events read from the table at once. */
const PAGE = 500;
/** Newest events kept in memory for watchers that come late by a moment. */
const RING = 256;
/** Milliseconds until a failed read is tried again: no further commit may ever come. */
const RETRY_MS = 1_000;

/** Hears every stored event, in the order of its experiment's stream. Must not throw and must not wait. */
export type EventListener = (event: StoredEvent) => void;

/** The delivered end of one experiment's stream. */
interface Stream {
  /** Place of the last event that was delivered. */
  cursor: number;
  /** Place of the last event that is known to be stored. */
  known: number;
  /** The newest delivered events. */
  ring: StoredEvent[];
  /** The delivery under way. */
  pumping: Promise<void> | null;
  /** Runs while a failed read waits for its next try. */
  retry?: NodeJS.Timeout;
  /** Watchers that rely on the cursor; the stream is forgotten when there are none and all is delivered. */
  watchers: number;
}

/**
 * Delivers stored events, one pump an experiment. Writers only poke it after their commit; it reads the table after
 * its cursor, builds each event once and hands it to the listeners. So order is the order of the table, and there is
 * no gap between what is read later and what is delivered live.
 */
@Injectable()
export class EventPump {
  private readonly logger = new Logger(EventPump.name);
  private readonly streams = new Map<string, Stream>();
  private readonly listeners = new Set<EventListener>();

  constructor(private readonly database: Database) {}

  /** Registers a transport. Gives the function that takes it off again. */
  listen(listener: EventListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Says that the events `firstSeq` to `lastSeq` of an experiment are stored. */
  poke(experimentId: string, firstSeq: number, lastSeq: number): void {
    const stream = this.streams.get(experimentId) ?? this.open(experimentId, firstSeq - 1);
    stream.known = Math.max(stream.known, lastSeq);
    if (stream.cursor < stream.known) {
      stream.pumping ??= this.pump(experimentId, stream);
    }
  }

  /**
   * Keeps the cursor of an experiment in memory while somebody watches. What was stored since `lastSeq` was read is
   * delivered too: it may have been delivered, and forgotten, while nobody watched.
   * @param lastSeq place of the newest stored event, read just before
   * @returns the function that ends it
   */
  watch(experimentId: string, lastSeq: number): () => void {
    const known = this.streams.get(experimentId);
    const stream = known ?? this.open(experimentId, lastSeq);
    stream.watchers += 1;
    if (!known) {
      stream.pumping = this.pump(experimentId, stream);
    }
    let released = false;
    return () => {
      if (!released) {
        released = true;
        stream.watchers -= 1;
        this.forgetIfIdle(experimentId, stream);
      }
    };
  }

  /** Place of the last delivered event of a watched experiment; 0 when it is not watched. */
  cursor(experimentId: string): number {
    return this.streams.get(experimentId)?.cursor ?? 0;
  }

  /** Events after a place, oldest first: from memory when they are still there, else from the table. */
  async readAfter(experimentId: string, after: number): Promise<StoredEvent[]> {
    const ring = this.streams.get(experimentId)?.ring ?? [];
    const first = ring[0];
    if (first && first.seq <= after + 1) {
      return ring.filter((event) => event.seq > after);
    }
    return this.readTable(experimentId, after);
  }

  /** Resolves when all that is known to be stored has been delivered. */
  async idle(): Promise<void> {
    await Promise.all([...this.streams.values()].map(async ({ pumping }) => pumping));
  }

  private open(experimentId: string, cursor: number): Stream {
    const stream: Stream = { cursor, known: cursor, ring: [], pumping: null, watchers: 0 };
    this.streams.set(experimentId, stream);
    return stream;
  }

  private async pump(experimentId: string, stream: Stream): Promise<void> {
    clearTimeout(stream.retry);
    try {
      let count: number;
      do {
        const events = await this.readTable(experimentId, stream.cursor);
        for (const event of events) {
          this.deliver(stream, event);
        }
        count = events.length;
        if (count === 0) {
          // The experiment was deleted in the meantime.
          stream.cursor = stream.known;
        }
        if (count === PAGE) {
          // What was sent must be able to leave, or clients that read would look as if they did not.
          await otherWork();
        }
      } while (stream.cursor < stream.known || count === PAGE);
    } catch (error) {
      this.logger.error('events could not be read; this is tried again', {
        experiment_id: experimentId,
        error,
      });
      stream.retry = setTimeout(() => {
        stream.pumping ??= this.pump(experimentId, stream);
      }, RETRY_MS).unref();
    } finally {
      stream.pumping = null;
      this.forgetIfIdle(experimentId, stream);
    }
  }

  /** Always asynchronous, a failure too. */
  private async readTable(experimentId: string, after: number): Promise<StoredEvent[]> {
    return readEvents(this.database.read, experimentId, after, PAGE);
  }

  private deliver(stream: Stream, event: StoredEvent): void {
    stream.cursor = event.seq;
    stream.known = Math.max(stream.known, event.seq);
    stream.ring.push(event);
    if (stream.ring.length > RING) {
      stream.ring.shift();
    }
    for (const listener of this.listeners) {
      try {
        listener(event);
      } catch (error) {
        // A fault of one transport must not cost the others an event.
        this.logger.error('a listener failed', { experiment_id: event.experiment_id, seq: event.seq, error });
      }
    }
  }

  private forgetIfIdle(experimentId: string, stream: Stream): void {
    if (stream.watchers === 0 && stream.pumping === null && stream.cursor >= stream.known) {
      clearTimeout(stream.retry);
      this.streams.delete(experimentId);
    }
  }
}
