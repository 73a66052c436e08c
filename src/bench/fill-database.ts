import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';

/** Rows that are put into the database of a server which is not running. */
export interface Filling {
  /** Experiments that have ended, with two agents and no runs. */
  readonly experiments?: number;
  /** Saved conversations. */
  readonly saved?: number;
  /** Messages of each saved conversation. */
  readonly messages?: number;
  /** Characters of each message. */
  readonly characters?: number;
}

const AGENTS = JSON.stringify(
  ['Guide', 'Critic'].map((name) => ({
    id: name.toLowerCase(),
    name,
    prompt: `You are ${name}.`,
    color: '#10B981',
    originalName: null,
    model: 'llama3.2:3b',
    temperature: null,
    options: {},
  })),
);

/** `count` numbers from 1. */
const NUMBERS = 'WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)';
/** A time of its own for each number. */
const TIME = `strftime('%Y-%m-%dT%H:%M:%fZ', 1767225600 + n, 'unixepoch')`;

/** Fills the database file that a server has made in a folder. */
export function fillDatabase(
  dataDirectory: string,
  { experiments = 0, saved = 0, messages = 2, characters = 100 }: Filling,
): void {
  const file = new SqliteFile(join(dataDirectory, 'llama-herd.sqlite'));
  file.pragma('synchronous = OFF');
  file.transaction(() => {
    if (experiments > 0) {
      file
        .prepare(
          `${NUMBERS} INSERT INTO experiments (id, title, state, task, agents, rules, iterations, root_seed, timeout_seconds,
             created_at, completed_at)
           SELECT 'experiment-' || n, 'Plan a weekend in town number ' || n, 'completed', '{"id":"t","prompt":"p","datasetItems":null}',
             ?, '{}', 1, 7, 3600, ${TIME}, ${TIME} FROM numbers`,
        )
        .run(experiments, AGENTS);
    }
    if (saved > 0) {
      file
        .prepare(
          `${NUMBERS} INSERT INTO conversations (id, title, state, prompt, agents, source, message_count, created_at, imported_at)
           SELECT 'saved-' || n, 'Talk number ' || n, 'completed', '', ?, 'import', ?, ${TIME}, ${TIME} FROM numbers`,
        )
        .run(saved, AGENTS, messages);
      file
        .prepare(
          `${NUMBERS} INSERT INTO messages (message_id, conversation_id, seq, agent_id, speaker, model, content, created_at)
           SELECT 'msg-' || n, c.id, n, iif(n % 2, 'guide', 'critic'), iif(n % 2, 'Guide', 'Critic'), 'llama3.2:3b', ?, c.created_at
             FROM conversations c, numbers ORDER BY c.id, n`,
        )
        .run(messages, 'All is well. '.repeat(Math.ceil(characters / 13)).slice(0, characters));
    }
  })();
  file.exec('ANALYZE');
  file.close();
}
