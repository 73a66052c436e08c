import SqliteFile from 'better-sqlite3';
import { answerCommands } from '../commands';

/** What reading a conversation costs with the bare driver and JSON, without HTTP. */

interface ReadOrder {
  readonly file: string;
  readonly conversationId: string;
  readonly ms: number;
}

const commands = {
  run({ file, conversationId, ms }: ReadOrder): { readonly reads: number; readonly bytes: number } {
    const database = new SqliteFile(file, { readonly: true });
    const conversation = database.prepare('SELECT * FROM conversations WHERE id = ?');
    const messages = database.prepare(
      `SELECT message_id AS id, agent_id AS agentId, content, created_at AS timestamp, model
         FROM messages WHERE conversation_id = ? ORDER BY seq`,
    );
    const endAt = performance.now() + ms;
    let reads = 0;
    let bytes = 0;
    while (performance.now() < endAt) {
      const found = conversation.get(conversationId) as object;
      bytes = JSON.stringify({ ...found, messages: messages.all(conversationId) }).length;
      reads += 1;
    }
    database.close();
    return { reads, bytes };
  },
};

export type BareDriverCommands = typeof commands;

answerCommands(commands);
