import { type EntityManager } from 'typeorm';
import { type ConversationAgent } from '../../conversations/conversation.dto';
import { type ConversationRecord } from '../records/conversation-record';
import { type MessageRecord } from '../records/messages';
import { type Here } from './decision';
import { type RecordStore } from './record-store';
import { fingerprintOf, insertRows, type Row, upsertRows } from './rows';

/** Runs. Clients can change nothing but their titles. */
export const runStore: RecordStore<ConversationRecord> = {
  kind: 'runs',
  content: ({ id: _id, title: _title, ...content }) => content,
  here: async (read, ids) =>
    new Map(
      (await titlesOf(read, ids)).map(({ id, title }): [string, Here] => [id, { title, isEdited: false }]),
    ),
  write: writeConversations,
};

/** Saved conversations. Clients can change everything in them. */
export const savedStore: RecordStore<ConversationRecord> = {
  kind: 'conversations',
  content: savedContent,
  async here(read, ids, lastFingerprints) {
    const found = new Map<string, Here>();
    for (const { id, title } of await titlesOf(read, ids)) {
      const last = lastFingerprints.get(id);
      const isEdited = last !== undefined && fingerprintOf(await storedContent(read, id)) !== last;
      found.set(id, { title, isEdited });
    }
    return found;
  },
  write: writeConversations,
};

type SavedContent = Pick<ConversationRecord, 'agents' | 'source' | 'importedAt' | 'createdAt' | 'messages'>;

/** Built in one place, since a fingerprint depends on the order of the fields. */
function savedContent({ agents, source, importedAt, createdAt, messages }: SavedContent): unknown {
  return {
    agents: agents.map(({ id, name, color, originalName, model }) => [id, name, color, originalName, model]),
    source,
    importedAt,
    createdAt,
    messages: messages.map((message) => [
      message.messageId,
      message.agentId,
      message.speaker,
      message.model,
      message.content,
      message.createdAt,
    ]),
  };
}

async function storedContent(read: EntityManager, id: string): Promise<unknown> {
  const [row] = await read.query<StoredConversation[]>(
    `SELECT agents, source, imported_at AS importedAt, created_at AS createdAt FROM conversations WHERE id = ?`,
    [id],
  );
  const messages = await read.query<MessageRecord[]>(
    `SELECT message_id AS messageId, agent_id AS agentId, speaker, model, content, created_at AS createdAt
       FROM messages WHERE conversation_id = ? ORDER BY seq`,
    [id],
  );
  return (
    row && savedContent({ ...row, agents: JSON.parse(row.agents ?? '[]') as ConversationAgent[], messages })
  );
}

interface StoredConversation {
  readonly agents: string | null;
  readonly source: string | null;
  readonly importedAt: string | null;
  readonly createdAt: string;
}

function titlesOf(read: EntityManager, ids: readonly string[]): Promise<{ id: string; title: string }[]> {
  return read.query('SELECT id, title FROM conversations WHERE id IN (SELECT value FROM json_each(?))', [
    JSON.stringify(ids),
  ]);
}

async function writeConversations(tx: EntityManager, records: readonly ConversationRecord[]): Promise<void> {
  await upsertRows(
    tx,
    'conversations',
    records.map((record) => toRow(record)),
    ['id'],
  );
  await tx.query('DELETE FROM messages WHERE conversation_id IN (SELECT value FROM json_each(?))', [
    JSON.stringify(records.map(({ id }) => id)),
  ]);
  await insertRows(
    tx,
    'messages',
    records.flatMap(({ id, messages }) =>
      messages.map((message, index) => toMessageRow(message, id, index + 1)),
    ),
  );
}

function toRow(record: ConversationRecord): Row {
  return {
    id: record.id,
    experiment_id: record.experimentId,
    iteration: record.iteration,
    title: record.title,
    state: 'completed',
    prompt: record.prompt,
    agents: JSON.stringify(record.agents),
    source: record.source,
    imported_at: record.importedAt,
    message_count: record.messages.length,
    turn_count: record.turnCount,
    created_at: record.createdAt,
    finished_at: record.finishedAt,
  };
}

function toMessageRow(message: MessageRecord, conversationId: string, seq: number): Row {
  return {
    message_id: message.messageId,
    conversation_id: conversationId,
    seq,
    agent_id: message.agentId,
    speaker: message.speaker,
    model: message.model,
    content: message.content,
    created_at: message.createdAt,
  };
}
