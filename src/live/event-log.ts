import { setImmediate as otherWork } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { Database, type WriteOptions } from '../database/database';
import { EventPump } from './event-pump';
import { type EventRow, readEvents } from './event-rows';
import { type StoredEvent, type StoredEventData, type StoredEventType } from './event-types';

/** What a new event tells of, beside its data. */
export interface EventSubject {
  readonly conversationId?: string;
  readonly turnId?: string;
  /** Primary key of the message that a `message` event tells of. */
  readonly messageId?: number;
}

/** The transaction in which something happens and its events are written. */
export interface StreamTransaction {
  readonly tx: EntityManager;
  readonly append: <T extends StoredEventType>(
    type: T,
    data: StoredEventData[T],
    subject?: EventSubject,
  ) => Promise<number>;
}

/** Events of the stream of an experiment after one place and up to another that are about one conversation. */
export interface StreamPart {
  readonly experimentId: string;
  readonly conversationId: string;
  readonly after: number;
  readonly upTo: number;
}

/** Events read from the table at once. */
const PAGE = 500;

/** The stored stream of every experiment: written inside the transaction of what it tells of, announced after it. */
@Injectable()
export class EventLog {
  constructor(
    private readonly database: Database,
    private readonly pump: EventPump,
  ) {}

  /**
   * Runs one unit of work together with its events, then lets watchers know. Either all of it is stored, or none
   * and nobody hears of it.
   */
  async commit<T>(
    experimentId: string,
    work: (stream: StreamTransaction) => Promise<T>,
    options: WriteOptions = {},
  ): Promise<T> {
    let firstSeq = 0;
    let lastSeq = 0;
    const result = await this.database.write(async (tx) => {
      firstSeq = 0;
      return work({
        tx,
        append: async (type, data, subject = {}) => {
          lastSeq = await appendEvent(tx, experimentId, type, data, subject);
          firstSeq ||= lastSeq;
          return lastSeq;
        },
      });
    }, options);
    if (firstSeq > 0) {
      this.pump.poke(experimentId, firstSeq, lastSeq);
    }
    return result;
  }

  /** Stored events after a place in the stream, oldest first. */
  read(experimentId: string, after: number, limit: number): Promise<StoredEvent[]> {
    return readEvents(this.database.read, experimentId, after, limit);
  }

  /** Stored events of one conversation within a part of the stream, oldest first; a page of them is in memory. */
  async *readConversation({
    experimentId,
    conversationId,
    after,
    upTo,
  }: StreamPart): AsyncGenerator<StoredEvent> {
    for (let at = after; ;) {
      const page = await readEvents(this.database.read, experimentId, at, PAGE, { conversationId, upTo });
      yield* page;
      // The driver reads without leaving the event loop.
      await otherWork();
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) {
        return;
      }
      at = last.seq;
    }
  }

  /** Place of the newest event of one type about a conversation within a part of the stream; 0 when there is none. */
  async lastSeqOf(
    type: StoredEventType,
    { experimentId, conversationId, after, upTo }: StreamPart,
  ): Promise<number> {
    const [row] = await this.database.read.query<{ seq: number | null }[]>(
      `SELECT MAX(seq) AS seq FROM events
        WHERE experiment_id = ? AND seq > ? AND seq <= ? AND type = ? AND conversation_id = ?`,
      [experimentId, after, upTo, type, conversationId],
    );
    return row?.seq ?? 0;
  }
}

/** The number is taken inside the transaction, so a rolled back one leaves no gap. */
async function appendEvent(
  tx: EntityManager,
  experimentId: string,
  type: StoredEventType,
  data: object,
  subject: EventSubject,
): Promise<number> {
  const [row] = await tx.query<{ last_seq: number }[]>(
    'UPDATE experiments SET last_seq = last_seq + 1, message_count = message_count + ? WHERE id = ? RETURNING last_seq',
    [type === 'message' ? 1 : 0, experimentId],
  );
  if (!row) {
    throw new Error(`Experiment ${experimentId} does not exist any more.`);
  }
  const values: EventRow = {
    experiment_id: experimentId,
    seq: row.last_seq,
    type,
    conversation_id: subject.conversationId ?? null,
    turn_id: subject.turnId ?? null,
    message_id: subject.messageId ?? null,
    data: JSON.stringify(data),
    created_at: new Date().toISOString(),
  };
  const columns = Object.keys(values);
  await tx.query(
    `INSERT INTO events (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    Object.values(values),
  );
  return row.last_seq;
}
