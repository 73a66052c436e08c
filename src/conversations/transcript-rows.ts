import { randomUUID } from 'node:crypto';
import { type EntityManager } from 'typeorm';
import { type ModelCallRecord } from '../ollama/model-caller';

/** A message that is to be stored. */
export interface NewMessage {
  readonly conversationId: string;
  readonly seq: number;
  readonly turnId: string | null;
  readonly agentId: string;
  readonly speaker: string;
  readonly content: string;
  readonly createdAt: string;
}

/** @returns the primary key */
export async function insertMessage(tx: EntityManager, message: NewMessage): Promise<number> {
  const [row] = await tx.query<{ id: number }[]>(
    `INSERT INTO messages (message_id, conversation_id, seq, turn_id, agent_id, speaker, content, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    [
      randomUUID(),
      message.conversationId,
      message.seq,
      message.turnId,
      message.agentId,
      message.speaker,
      message.content,
      message.createdAt,
    ],
  );
  return row?.id ?? 0;
}

/** Stores how long a run has been active. Of two turns side by side the later one counts. */
export async function storeActiveMs(
  tx: EntityManager,
  conversationId: string,
  activeMs: number,
): Promise<void> {
  await tx.query('UPDATE conversations SET active_ms = MAX(active_ms, ?) WHERE id = ?', [
    activeMs,
    conversationId,
  ]);
}

/** Counts a finished turn and gives the number of its message. */
export async function countTurn(
  tx: EntityManager,
  conversationId: string,
  isEmpty: boolean,
): Promise<number> {
  const [row] = await tx.query<{ message_count: number }[]>(
    `UPDATE conversations SET turn_count = turn_count + 1, message_count = message_count + ?
      WHERE id = ? RETURNING message_count`,
    [isEmpty ? 0 : 1, conversationId],
  );
  return row?.message_count ?? 0;
}

/** Stores requests to models; `turnId` is the attempt that they belong to. */
export async function insertCalls(
  tx: EntityManager,
  conversationId: string,
  turnId: string | null,
  calls: readonly ModelCallRecord[],
): Promise<void> {
  for (const call of calls) {
    const values = {
      conversation_id: conversationId,
      turn_id: turnId,
      purpose: call.purpose,
      model: call.model,
      model_digest: call.modelDigest,
      options: JSON.stringify(call.options),
      request_hash: call.requestHash,
      outcome: call.outcome,
      prompt_tokens: call.promptTokens,
      completion_tokens: call.completionTokens,
      queue_ms: call.queueMs,
      load_ms: call.loadMs,
      prompt_ms: call.promptMs,
      generate_ms: call.generateMs,
      total_ms: call.totalMs,
      started_at: call.startedAt,
    };
    const columns = Object.keys(values);
    await tx.query(
      `INSERT INTO model_calls (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      Object.values(values),
    );
  }
}
