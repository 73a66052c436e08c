import { type EntityManager } from 'typeorm';
import { type StoredEvent, type StoredEventType } from './event-types';

/** A row of the table `events`. */
export interface EventRow {
  readonly experiment_id: string;
  readonly seq: number;
  readonly type: StoredEventType;
  readonly conversation_id: string | null;
  readonly turn_id: string | null;
  readonly message_id: number | null;
  readonly data: string;
  readonly created_at: string;
}

interface EventRowWithMessage extends EventRow {
  readonly public_message_id: string | null;
  readonly agent_id: string;
  readonly content: string;
  readonly timestamp: string;
  readonly speaker: string;
}

/** Reads events with the messages that they tell of, in one statement. @param part narrows them down to one conversation */
export async function readEvents(
  manager: EntityManager,
  experimentId: string,
  after: number,
  limit: number,
  part?: { readonly conversationId: string; readonly upTo: number },
): Promise<StoredEvent[]> {
  const rows = await manager.query<EventRowWithMessage[]>(
    `SELECT e.experiment_id, e.seq, e.type, e.conversation_id, e.turn_id, e.message_id, e.data, e.created_at,
            m.message_id AS public_message_id, m.agent_id, m.content, m.created_at AS timestamp, m.speaker
       FROM events e LEFT JOIN messages m ON m.id = e.message_id
      WHERE e.experiment_id = ? AND e.seq > ? ${part ? 'AND e.seq <= ? AND e.conversation_id = ?' : ''}
      ORDER BY e.seq LIMIT ?`,
    [experimentId, after, ...(part ? [part.upTo, part.conversationId] : []), limit],
  );
  return rows.map(toStoredEvent);
}

function toStoredEvent(row: EventRowWithMessage): StoredEvent {
  const event = {
    seq: row.seq,
    type: row.type,
    experiment_id: row.experiment_id,
    conversation_id: row.conversation_id,
    turn_id: row.turn_id,
    created_at: row.created_at,
    ...(JSON.parse(row.data) as object),
  };
  if (row.public_message_id === null) {
    return event as StoredEvent;
  }
  const message = {
    id: row.public_message_id,
    agentId: row.agent_id,
    content: row.content,
    timestamp: row.timestamp,
    model: row.speaker,
  };
  return { ...event, message } as StoredEvent;
}
