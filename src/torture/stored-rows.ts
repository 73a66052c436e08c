import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { type Findings } from './scenario';

/** Rows of a server's database file, read past the server. */
export function storedRows<T>(dataDirectory: string, sql: string, ...parameters: unknown[]): T[] {
  const file = new SqliteFile(join(dataDirectory, 'llama-herd.sqlite'), { readonly: true });
  try {
    return file.prepare(sql).all(...parameters) as T[];
  } finally {
    file.close();
  }
}

/** Each finds rows that must not be there. */
const RULES: Readonly<Record<string, string>> = {
  'events have a gap or do not begin with 1':
    'SELECT experiment_id, COUNT(*) AS n, MIN(seq) AS least, MAX(seq) AS most FROM events GROUP BY experiment_id HAVING least <> 1 OR most <> n',
  'the last event of an experiment is another than it says':
    'SELECT e.id, e.last_seq, MAX(v.seq) AS most FROM experiments e LEFT JOIN events v ON v.experiment_id = e.id GROUP BY e.id HAVING most IS NOT e.last_seq',
  'messages have a gap, or another number than counted':
    'SELECT c.id, c.message_count, COUNT(m.id) AS n, MIN(m.seq) AS least, MAX(m.seq) AS most FROM conversations c LEFT JOIN messages m ON m.conversation_id = c.id WHERE c.experiment_id IS NOT NULL GROUP BY c.id HAVING n <> c.message_count OR least <> 1 OR most <> n',
  'turns have a gap, or another number than counted':
    "SELECT c.id, c.turn_count, COUNT(t.id) AS n, MAX(t.turn) AS most FROM conversations c LEFT JOIN turns t ON t.conversation_id = c.id AND t.state IN ('completed', 'empty') WHERE c.experiment_id IS NOT NULL GROUP BY c.id HAVING n <> c.turn_count OR (n > 0 AND most <> n)",
  'a turn ended well more than once':
    "SELECT conversation_id, turn, COUNT(*) AS n FROM turns WHERE state IN ('completed', 'empty') GROUP BY conversation_id, turn HAVING n > 1",
  'a message stands twice in a run':
    'SELECT conversation_id, message_id, COUNT(*) AS n FROM messages GROUP BY conversation_id, message_id HAVING n > 1',
  'a turn is open in a run that is over':
    "SELECT t.id FROM turns t JOIN conversations c ON c.id = t.conversation_id WHERE t.state = 'running' AND c.state <> 'running'",
  'a run is open in an experiment that is over':
    "SELECT c.id FROM conversations c JOIN experiments e ON e.id = c.experiment_id WHERE c.state = 'running' AND e.state IN ('completed', 'error', 'cancelled')",
};

/** Checks what must hold in every database, whatever happened to its server. */
export function checkDatabase(dataDirectory: string, findings: Findings): void {
  findings.equal(
    storedRows(dataDirectory, 'PRAGMA integrity_check'),
    [{ integrity_check: 'ok' }],
    'integrity_check',
  );
  findings.equal(storedRows(dataDirectory, 'PRAGMA foreign_key_check'), [], 'foreign_key_check');
  for (const [rule, sql] of Object.entries(RULES)) {
    findings.equal(storedRows(dataDirectory, sql), [], rule);
  }
}
