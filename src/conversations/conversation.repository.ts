import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/errors/domain-error';
import { type Cursor } from '../common/pages/cursor';
import { usesModelSql } from '../agents/uses-model-sql';
import { Database } from '../database/database';
import { fullModelName } from '../ollama/model-name';
import { type ConversationHeadRow, type ConversationRow } from './conversation-text';
import { type ConversationSummary } from './conversation-changes';
import { type RunsQuery, type SavedConversationsQuery } from './dto/conversation-queries.dto';

/** What is still being written belongs to no experiment and has no `imported_at`: nobody sees it. */
const VISIBLE = '(c.experiment_id IS NOT NULL OR c.imported_at IS NOT NULL)';

const HEAD_COLUMNS = `c.id, c.title, c.experiment_id, c.iteration, c.source, c.imported_at, c.created_at,
  c.message_count, c.agents, e.agents AS owner_agents`;

const FROM_CONVERSATIONS = 'FROM conversations c LEFT JOIN experiments e ON e.id = c.experiment_id';

/** Existing clients know the speaker of a run's message as its `model`. */
const MESSAGE_MODEL = 'CASE WHEN c.experiment_id IS NULL THEN m.model ELSE COALESCE(m.model, m.speaker) END';

const MESSAGE_FIELDS = `'id', m.message_id, 'agentId', m.agent_id, 'content', m.content,
  'timestamp', m.created_at, 'model', ${MESSAGE_MODEL}`;

/** Key of a conversation in a list that is ordered by a time. */
export type ConversationKey = Cursor;

/** Key of a run in the list of its experiment. */
export interface RunKey {
  readonly id: string;
  readonly iteration: number;
  readonly state: string;
  readonly created_at: string;
}

export interface MessageRow {
  readonly seq: number;
  readonly id: string;
  readonly agent_id: string;
  readonly speaker: string;
  readonly model: string | null;
  readonly content: string;
  readonly created_at: string;
}

/** A conversation that is about to be read in pages. */
export interface ExportRow extends ConversationHeadRow {
  /** Largest primary key of all messages now: those that replace the messages of the conversation have larger ones. */
  readonly last_key: number;
}

export interface StorageCounts {
  readonly experiments: number;
  readonly runs: number;
  readonly saved: number;
}

type Condition = readonly [sql: string, ...parameters: (string | number)[]];

/** Reads conversations. JSON is built by SQLite: most of the cost of reading many messages is their JSON. */
@Injectable()
export class ConversationRepository {
  constructor(private readonly database: Database) {}

  /** A conversation with all its messages; null when there is none that can be seen. */
  async find(id: string): Promise<ConversationRow | null> {
    const [row] = await this.database.read.query<ConversationRow[]>(
      `SELECT ${HEAD_COLUMNS}, c.state, c.end_reason, c.error_code, c.error,
              (SELECT group_concat(message, ',')
                 FROM (SELECT json_object(${MESSAGE_FIELDS}) AS message
                         FROM messages m WHERE m.conversation_id = c.id ORDER BY m.seq)) AS messages
         ${FROM_CONVERSATIONS} WHERE c.id = ? AND ${VISIBLE}`,
      [id],
    );
    return row ?? null;
  }

  /** A conversation without its messages; null when there is none that can be seen. */
  async findHead(id: string): Promise<ConversationHeadRow | null> {
    const [row] = await this.database.read.query<ConversationHeadRow[]>(
      `SELECT ${HEAD_COLUMNS} ${FROM_CONVERSATIONS} WHERE c.id = ? AND ${VISIBLE}`,
      [id],
    );
    return row ?? null;
  }

  /** @throws DomainError CONVERSATION_NOT_FOUND */
  async getHead(id: string): Promise<ConversationHeadRow> {
    const row = await this.findHead(id);
    if (!row) {
      throw conversationNotFound(id);
    }
    return row;
  }

  /** Keys of saved conversations, newest import first, after the one that the cursor names. */
  savedKeys(
    { source, model, from, to }: SavedConversationsQuery,
    after: ConversationKey | null,
    limit: number,
  ): Promise<ConversationKey[]> {
    const { sql, parameters } = where([
      // The plus keeps SQLite from the index of experiments: it would read all rows to sort them.
      ['c.imported_at IS NOT NULL AND +c.experiment_id IS NULL'],
      ...when<Condition>(after && ['(c.imported_at, c.id) < (?, ?)', after.time, after.id]),
      ...when<Condition>(source !== undefined && ['c.source = ?', source]),
      ...when<Condition>(model !== undefined && [usesModelSql('c.agents'), fullModelName(model)]),
      ...when<Condition>(from !== undefined && ['c.imported_at >= ?', from]),
      ...when<Condition>(to !== undefined && ['c.imported_at < ?', to]),
    ]);
    return this.database.read.query<ConversationKey[]>(
      `SELECT c.id, c.imported_at AS time FROM conversations c WHERE ${sql}
        ORDER BY c.imported_at DESC, c.id DESC LIMIT ?`,
      [...parameters, limit],
    );
  }

  /**
   * Keys of the runs of an experiment after a number, in the order of their numbers. Runs in progress are among them
   * whatever is asked for, since they end what a client of the old contract may see.
   */
  runKeys(
    experimentId: string,
    { status, model, from, to }: RunsQuery,
    after: number,
    limit: number,
  ): Promise<RunKey[]> {
    const wanted = where([
      ...when<Condition>(status !== undefined && ['c.state = ?', status]),
      ...when<Condition>(
        model !== undefined && [usesModelSql('COALESCE(c.agents, e.agents)'), fullModelName(model)],
      ),
      ...when<Condition>(from !== undefined && ['c.created_at >= ?', from]),
      ...when<Condition>(to !== undefined && ['c.created_at < ?', to]),
      ['TRUE'],
    ]);
    return this.database.read.query<RunKey[]>(
      `SELECT c.id, c.iteration, c.state, c.created_at ${FROM_CONVERSATIONS}
        WHERE c.experiment_id = ? AND c.iteration > ? AND (c.state = 'running' OR (${wanted.sql}))
        ORDER BY c.iteration LIMIT ?`,
      [experimentId, after, ...wanted.parameters, limit],
    );
  }

  /** Whether an experiment has ended; an unknown one has no runs to show either way. */
  async isOver(experimentId: string): Promise<boolean> {
    const [row] = await this.database.read.query<{ completed_at: string | null }[]>(
      'SELECT completed_at FROM experiments WHERE id = ?',
      [experimentId],
    );
    return (row?.completed_at ?? null) !== null;
  }

  /** Messages after a place, as JSON texts joined by commas. */
  async messagesText(id: string, afterSeq: number, limit: number): Promise<string> {
    const [row] = await this.database.read.query<{ messages: string | null }[]>(
      `SELECT group_concat(message, ',') AS messages
         FROM (SELECT json_object('seq', m.seq, ${MESSAGE_FIELDS}) AS message
                 FROM conversations c JOIN messages m ON m.conversation_id = c.id
                WHERE c.id = ? AND m.seq > ? ORDER BY m.seq LIMIT ?)`,
      [id, afterSeq, limit],
    );
    return row?.messages ?? '';
  }

  /** @throws DomainError CONVERSATION_NOT_FOUND */
  async getExport(id: string): Promise<ExportRow> {
    const [row] = await this.database.read.query<ExportRow[]>(
      `SELECT ${HEAD_COLUMNS}, (SELECT COALESCE(MAX(id), 0) FROM messages) AS last_key
         ${FROM_CONVERSATIONS} WHERE c.id = ? AND ${VISIBLE}`,
      [id],
    );
    if (!row) {
      throw conversationNotFound(id);
    }
    return row;
  }

  /** Messages after a place, of those that were there when the row was read. */
  messages(
    { id, message_count: count, last_key: lastKey }: ExportRow,
    afterSeq: number,
    limit: number,
  ): Promise<MessageRow[]> {
    return this.database.read.query<MessageRow[]>(
      `SELECT m.seq, m.message_id AS id, m.agent_id, m.speaker, ${MESSAGE_MODEL} AS model, m.content, m.created_at
         FROM conversations c JOIN messages m ON m.conversation_id = c.id
        WHERE c.id = ? AND m.seq > ? AND m.seq <= ? AND m.id <= ? ORDER BY m.seq LIMIT ?`,
      [id, afterSeq, count, lastKey, limit],
    );
  }

  async counts(): Promise<StorageCounts> {
    const [row] = await this.database.read.query<StorageCounts[]>(
      `SELECT (SELECT COUNT(*) FROM experiments) AS experiments,
              (SELECT COUNT(*) FROM conversations WHERE experiment_id IS NOT NULL) AS runs,
              (SELECT COUNT(*) FROM conversations WHERE imported_at IS NOT NULL) AS saved`,
    );
    return row ?? { experiments: 0, runs: 0, saved: 0 };
  }

  /** Sets the title of a run; false when it has this title already. */
  setRunTitle(id: string, title: string): Promise<boolean> {
    return this.database.write(async (tx) => {
      const rows = await tx.query<unknown[]>(
        `UPDATE conversations SET title = ? WHERE id = ? AND experiment_id IS NOT NULL AND title <> ? RETURNING id`,
        [title, id, title],
      );
      return rows.length > 0;
    });
  }
}

/** A conversation as the gateway tells of it. */
export function summaryOf(row: ConversationHeadRow): ConversationSummary {
  return {
    id: row.id,
    title: row.title,
    source: row.source,
    importedAt: row.imported_at,
    createdAt: row.created_at,
    messageCount: row.message_count,
    experimentId: row.experiment_id,
    iteration: row.iteration,
  };
}

export function conversationNotFound(id: string): DomainError {
  return new DomainError('CONVERSATION_NOT_FOUND', 'Conversation not found', {
    resource_type: 'conversation',
    resource_id: id,
  });
}

function when<T>(value: T | false | null): T[] {
  return value === false || value === null ? [] : [value];
}

function where(conditions: readonly Condition[]): { sql: string; parameters: (string | number)[] } {
  return {
    sql: conditions.map(([sql]) => sql).join(' AND '),
    parameters: conditions.flatMap(([, ...parameters]) => parameters),
  };
}
