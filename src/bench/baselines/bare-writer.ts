import SqliteFile from 'better-sqlite3';
import { answerCommands } from '../commands';

/** What the bare driver takes to write the rows of experiments that the server has written, in the same transactions. */

interface CopyOrder {
  /** The file of the server, which has the rows. */
  readonly source: string;
  /** A file with the same tables; the rows are gone from it again at the end. */
  readonly target: string;
  readonly experimentIds: readonly string[];
}

type Row = Readonly<Record<string, string | number | null>>;

/** One transaction of the server. */
type Unit = () => void;

const commands = {
  /** Turns are written in the order in which the experiments took them: the first of each, the second of each, … */
  copy({ source, target, experimentIds }: CopyOrder): { readonly turns: number; readonly ms: number } {
    const from = new SqliteFile(source, { readonly: true });
    const to = new SqliteFile(target);
    to.pragma('journal_mode = WAL');
    to.pragma('synchronous = full');
    to.pragma('foreign_keys = ON');
    to.pragma('wal_autocheckpoint = 1000');
    const copies = experimentIds.map((id) => unitsOf(from, to, id));
    from.close();
    const turns = copies.reduce((sum, copy) => sum + copy.turns, 0);
    const longest = Math.max(...copies.map(({ units }) => units.length));
    const startedAt = performance.now();
    for (let at = 0; at < longest; at += 1) {
      for (const { units } of copies) {
        units[at]?.();
      }
    }
    const ms = performance.now() - startedAt;
    to.exec('DELETE FROM experiments');
    to.close();
    return { turns, ms };
  },
};

export type BareWriterCommands = typeof commands;

function unitsOf(
  from: SqliteFile.Database,
  to: SqliteFile.Database,
  experimentId: string,
): { readonly units: Unit[]; readonly turns: number } {
  const rows = (sql: string) => from.prepare(sql).all(experimentId) as Row[];
  const inRuns = '(SELECT id FROM conversations WHERE experiment_id = ?)';
  const byId = (sql: string) => new Map(rows(sql).map((row) => [row['id'], row]));
  const runs = byId('SELECT * FROM conversations WHERE experiment_id = ?');
  const messages = byId(`SELECT * FROM messages WHERE conversation_id IN ${inRuns}`);
  const turns = byId(`SELECT * FROM turns WHERE conversation_id IN ${inRuns}`);
  const calls = new Map(
    rows(`SELECT * FROM model_calls WHERE conversation_id IN ${inRuns}`).map((row) => [row['turn_id'], row]),
  );
  const events = rows('SELECT * FROM events WHERE experiment_id = ? ORDER BY seq');
  const write = writer(to);
  for (const experiment of rows('SELECT * FROM experiments WHERE id = ?')) {
    write.insert('experiments', { ...experiment, last_seq: 0, message_count: 0 });
  }
  const event = (row: Row) => {
    write.nextSeq.get(row['type'] === 'message' ? 1 : 0, experimentId);
    write.insert('events', row);
  };
  const insertMessage = (row: Row) => write.insert('messages', messages.get(row['message_id'] ?? null) ?? {});
  const units: Unit[] = [];
  for (const [index, row] of events.entries()) {
    const run = runs.get(row['conversation_id'] ?? null) ?? {};
    const turn = turns.get(row['turn_id'] ?? null) ?? {};
    const next = events[index + 1];
    if (row['type'] === 'conversation.started' && next) {
      units.push(() => {
        write.insert('conversations', { ...run, state: 'running', message_count: 1, turn_count: 0 });
        insertMessage(next);
        event(row);
        event(next);
      });
    } else if (row['type'] === 'turn.started') {
      units.push(() => {
        write.insert('turns', { ...turn, state: 'running', thinking: null, finished_at: null });
        event(row);
      });
    } else if (row['type'] === 'message' && row['turn_id'] !== null) {
      units.push(() => {
        write.finishTurn.run(turn['state'], turn['thinking'], turn['finished_at'], turn['id']);
        write.insert('model_calls', calls.get(turn['id'] ?? null) ?? {});
        write.countTurn.get(run['id']);
        insertMessage(row);
        event(row);
      });
    } else if (row['type'] === 'conversation.finished') {
      units.push(() => {
        write.finishRun.get(run['state'], run['end_reason'], run['finished_at'], run['id']);
        event(row);
      });
    } else if (row['type'] === 'experiment.status') {
      units.push(() => event(row));
    }
  }
  return { units: units.map((unit) => to.transaction(unit)), turns: turns.size };
}

/** The statements of the server; each is prepared once. */
function writer(to: SqliteFile.Database) {
  const inserts = new Map<string, SqliteFile.Statement>();
  const insert = (table: string, row: Row) => {
    const columns = Object.keys(row);
    const known = inserts.get(table);
    const statement =
      known ??
      to.prepare(
        `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      );
    if (!known) {
      inserts.set(table, statement);
    }
    statement.run(...Object.values(row));
  };
  return {
    insert,
    nextSeq: to.prepare(
      'UPDATE experiments SET last_seq = last_seq + 1, message_count = message_count + ? WHERE id = ? RETURNING last_seq',
    ),
    finishTurn: to.prepare('UPDATE turns SET state = ?, thinking = ?, finished_at = ? WHERE id = ?'),
    countTurn: to.prepare(
      `UPDATE conversations SET turn_count = turn_count + 1, message_count = message_count + 1
        WHERE id = ? RETURNING message_count`,
    ),
    finishRun: to.prepare(
      `UPDATE conversations SET state = ?, end_reason = ?, finished_at = ? WHERE id = ? RETURNING message_count, turn_count`,
    ),
  };
}

answerCommands(commands);
