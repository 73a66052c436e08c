import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { DomainError } from '../../common/errors/domain-error';
import { Database } from '../../database/database';
import { type ConversationAgent } from '../conversation.dto';
import { ConversationRemoval } from '../conversation-removal';
import { conversationNotFound } from '../conversation.repository';
import { KeyedQueues } from './keyed-queues';
import { inBatches } from './message-batches';
import { DEFAULT_SOURCE, namesOf, type SavedHead, type SavedMessage } from './saved-conversation';

interface SavedRow {
  readonly title: string;
  /** JSON; null when nothing was known of them where the conversation comes from, as is `source`. */
  readonly agents: string | null;
  readonly source: string | null;
  readonly imported_at: string;
  readonly created_at: string;
}

/** Says what a conversation becomes, given what is stored under its id; null = nothing is. */
export type DecideHead = (older: SavedHead | null) => SavedHead;

/**
 * The one writer of saved conversations. Messages are written in batches under a row that nobody sees; a last, short
 * transaction puts it in the place of an older one. Whatever happens before that leaves the older one as it was.
 */
@Injectable()
export class SavedConversationWriter {
  private readonly queues = new KeyedQueues();

  constructor(
    private readonly database: Database,
    private readonly removal: ConversationRemoval,
  ) {}

  /**
   * Saves a conversation with all its messages, in place of an older one with this id.
   * @param agents those whose names are stored with the messages
   * @returns the number of messages
   * @throws DomainError CONVERSATION_IS_RUN; STORAGE_FULL; whatever `messages` or `decide` throws
   */
  save(
    id: string,
    agents: readonly ConversationAgent[],
    messages: AsyncIterable<SavedMessage> | Iterable<SavedMessage>,
    decide: DecideHead,
  ): Promise<number> {
    return this.queues.run(id, async () => {
      this.database.storage.assertRoom();
      const draft = await this.open(id);
      try {
        const count = await this.writeMessages(draft, agents, messages);
        await this.publish(draft, id, count, decide);
        return count;
      } catch (error) {
        // An id that was new is its own draft; one that is saved already is not touched.
        await this.removal.removeHidden([draft]);
        throw error;
      }
    });
  }

  /**
   * Changes a saved conversation and leaves its messages as they are.
   * @throws DomainError CONVERSATION_NOT_FOUND
   */
  update(id: string, decide: (older: SavedHead) => SavedHead): Promise<void> {
    return this.database.write(async (tx) => {
      const older = await savedHead(tx, id);
      if (!older) {
        throw conversationNotFound(id);
      }
      await writeHead(tx, id, decide(older));
    });
  }

  /** Makes the row that the messages belong to while they are written; gives its id. */
  private open(id: string): Promise<string> {
    return this.database.write(async (tx) => {
      await assertNoRun(tx, id);
      const [older] = await tx.query<unknown[]>('SELECT 1 FROM conversations WHERE id = ?', [id]);
      // Most conversations are new: they need no renaming, which costs as much as writing them.
      const draft = older === undefined ? id : `draft:${randomUUID()}`;
      await tx.query(
        `INSERT INTO conversations (id, title, state, prompt, created_at) VALUES (?, '', 'completed', '', ?)`,
        [draft, new Date().toISOString()],
      );
      return draft;
    });
  }

  private async writeMessages(
    draft: string,
    agents: readonly ConversationAgent[],
    messages: AsyncIterable<SavedMessage> | Iterable<SavedMessage>,
  ): Promise<number> {
    const names = namesOf(agents);
    let count = 0;
    for await (const batch of inBatches(messages)) {
      const rows = batch.map(({ id, agentId, content, timestamp, model }, index) => [
        count + index + 1,
        id,
        agentId,
        names.get(agentId) ?? agentId,
        model,
        content,
        timestamp,
      ]);
      await this.database.write((tx) =>
        tx.query(
          `INSERT INTO messages (conversation_id, seq, message_id, agent_id, speaker, model, content, created_at)
           SELECT ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
             FROM json_each(?)`,
          [draft, JSON.stringify(rows)],
        ),
      );
      count += batch.length;
    }
    return count;
  }

  private publish(draft: string, id: string, messageCount: number, decide: DecideHead): Promise<void> {
    return this.database.write(async (tx) => {
      const head = decide(await savedHead(tx, id));
      if (draft !== id) {
        await tx.query('PRAGMA defer_foreign_keys = ON');
        await tx.query('DELETE FROM conversations WHERE id = ?', [id]);
        await tx.query('UPDATE conversations SET id = ? WHERE id = ?', [id, draft]);
        await tx.query('UPDATE messages SET conversation_id = ? WHERE conversation_id = ?', [id, draft]);
      }
      await tx.query('UPDATE conversations SET message_count = ? WHERE id = ?', [messageCount, id]);
      await writeHead(tx, id, head);
    });
  }
}

/** @throws DomainError CONVERSATION_IS_RUN when the id is that of a run, or one that a run may get */
async function assertNoRun(tx: EntityManager, id: string): Promise<void> {
  const experimentId = /^(.+)_\d+$/su.exec(id)?.[1] ?? null;
  const [run] = await tx.query<unknown[]>(
    `SELECT 1 FROM conversations WHERE id = ? AND experiment_id IS NOT NULL
      UNION ALL SELECT 1 FROM experiments WHERE id = ?`,
    [id, experimentId],
  );
  if (run !== undefined) {
    throw conversationIsRun(id);
  }
}

export function conversationIsRun(id: string): DomainError {
  return new DomainError(
    'CONVERSATION_IS_RUN',
    'The conversation is a run of an experiment: it can only get another title, or go with its experiment.',
    { resource_type: 'conversation', resource_id: id },
  );
}

async function savedHead(tx: EntityManager, id: string): Promise<SavedHead | null> {
  const [row] = await tx.query<SavedRow[]>(
    `SELECT title, agents, source, imported_at, created_at FROM conversations
      WHERE id = ? AND experiment_id IS NULL AND imported_at IS NOT NULL`,
    [id],
  );
  return row
    ? {
        title: row.title,
        agents: JSON.parse(row.agents ?? '[]') as ConversationAgent[],
        source: row.source ?? DEFAULT_SOURCE,
        importedAt: row.imported_at,
        createdAt: row.created_at,
      }
    : null;
}

async function writeHead(tx: EntityManager, id: string, head: SavedHead): Promise<void> {
  await tx.query(
    `UPDATE conversations SET title = ?, agents = ?, source = ?, imported_at = ?, created_at = ? WHERE id = ?`,
    [head.title, JSON.stringify(head.agents), head.source, head.importedAt, head.createdAt, id],
  );
}
