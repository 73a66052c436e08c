import { type EntityManager } from 'typeorm';
import { type StreamTransaction } from '../live/event-log';
import { type RunPlan } from './transcript-runs';

/** A run of which something is taken back. */
export type DiscardedRun = Pick<RunPlan, 'experimentId' | 'conversationId' | 'iteration'>;

interface LastTurnRow {
  readonly id: string;
  readonly turn: number;
  /** The message of the turn: primary key, public id, place; null for an empty answer. */
  readonly message_key: number | null;
  readonly message_id: string | null;
  readonly seq: number | null;
}

/**
 * Takes the last turn of a run back: its record and its event keep the text, the transcript does not.
 * @returns the number of the turn; null when the run has none
 */
export async function discardLastTurn(
  { tx, append }: StreamTransaction,
  run: DiscardedRun,
): Promise<number | null> {
  const { experimentId, conversationId, iteration } = run;
  const [last] = await tx.query<LastTurnRow[]>(
    `SELECT t.id, t.turn, m.id AS message_key, m.message_id, m.seq
       FROM turns t LEFT JOIN messages m ON m.turn_id = t.id AND m.conversation_id = t.conversation_id
      WHERE t.conversation_id = ? AND t.state IN ('completed', 'empty') ORDER BY t.turn DESC LIMIT 1`,
    [conversationId],
  );
  if (!last) {
    return null;
  }
  await keepMessagesInEvents(tx, experimentId, 'm.id = ?', last.message_key);
  await tx.query(
    `UPDATE turns SET state = 'discarded', partial_text = (SELECT content FROM messages WHERE id = ?) WHERE id = ?`,
    [last.message_key, last.id],
  );
  await tx.query('DELETE FROM messages WHERE id = ?', [last.message_key]);
  const messages = last.message_key === null ? 0 : 1;
  await tx.query(
    'UPDATE conversations SET turn_count = turn_count - 1, message_count = message_count - ? WHERE id = ?',
    [messages, conversationId],
  );
  await tx.query('UPDATE experiments SET message_count = message_count - ? WHERE id = ?', [
    messages,
    experimentId,
  ]);
  await append(
    'turn.discarded',
    { iteration, turn: last.turn, message_id: last.message_id, message_seq: last.seq },
    { conversationId, turnId: last.id },
  );
  return last.turn;
}

/** Removes an unfinished run; its events keep what was said. */
export async function discardRun({ tx, append }: StreamTransaction, run: DiscardedRun): Promise<void> {
  const { experimentId, conversationId, iteration } = run;
  await keepMessagesInEvents(tx, experimentId, 'm.conversation_id = ?', conversationId);
  const [counters] = await tx.query<{ message_count: number; turn_count: number }[]>(
    'DELETE FROM conversations WHERE id = ? RETURNING message_count, turn_count',
    [conversationId],
  );
  const { message_count = 0, turn_count = 0 } = counters ?? {};
  await tx.query('UPDATE experiments SET message_count = message_count - ? WHERE id = ?', [
    message_count,
    experimentId,
  ]);
  await append(
    'conversation.finished',
    {
      iteration,
      state: 'discarded',
      end_reason: null,
      error_code: 'CANCELLED',
      error: null,
      message_count,
      turn_count,
    },
    { conversationId },
  );
}

/** Messages are about to be removed: the stream must read the same ever after, so their events take the text over. */
async function keepMessagesInEvents(
  tx: EntityManager,
  experimentId: string,
  condition: string,
  value: string | number | null,
): Promise<void> {
  await tx.query(
    `UPDATE events
        SET data = json_set(data, '$.message', json_object('id', m.message_id, 'agentId', m.agent_id,
                            'content', m.content, 'timestamp', m.created_at, 'model', m.speaker)),
            message_id = NULL
       FROM messages m
      WHERE events.experiment_id = ? AND m.id = events.message_id AND ${condition}`,
    [experimentId, value],
  );
}
