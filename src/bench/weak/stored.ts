import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { type TurnTask } from '../../agents/turn-task';
import { type CallPurpose } from '../../ollama/model-caller';
import { type SpeakerChoice } from '../../conversations/team/speaker-choice';
import { type TurnKind } from '../../conversations/team/turn-record';

/** A run as it is stored. */
export interface StoredRun {
  readonly state: string;
  /** Kind of the rule that ended it; null when it failed. */
  readonly endedBy: string | null;
  readonly errorCode: string | null;
}

/** The attempt at a turn that counts. */
export interface StoredTurn {
  readonly speaker: string;
  readonly kind: TurnKind;
  readonly state: string;
  readonly choice: SpeakerChoice;
  readonly task: TurnTask | null;
  readonly parsed: unknown;
  readonly formatError: string | null;
  readonly handoff: string | null;
  /** Names of the tools that were called. */
  readonly tools: readonly string[];
  /** What was said; blank when nothing was. */
  readonly text: string;
  /** How often each kind of call was made for it. */
  readonly calls: Readonly<Partial<Record<CallPurpose, number>>>;
}

export interface StoredMessage {
  readonly speaker: string;
  readonly content: string;
}

/** All that an experiment has left in the database, read past the server. */
export interface StoredExperiment {
  readonly runs: readonly StoredRun[];
  readonly turns: readonly StoredTurn[];
  readonly messages: readonly StoredMessage[];
}

interface TurnRow {
  readonly id: string;
  readonly speaker: string;
  readonly kind: TurnKind;
  readonly state: string;
  readonly choice: string;
  readonly task: string | null;
  readonly parsed: string | null;
  readonly format_error: string | null;
  readonly handoff: string | null;
  readonly tools: string | null;
  readonly text: string | null;
}

const RUNS = 'SELECT state, end_reason, error_code FROM conversations WHERE experiment_id = ?';

const TURNS = `SELECT t.id, t.speaker, t.kind, t.state, t.choice, t.task, t.parsed, t.format_error, t.handoff, t.tools, m.content AS text
  FROM turns t JOIN conversations c ON c.id = t.conversation_id LEFT JOIN messages m ON m.turn_id = t.id
  WHERE c.experiment_id = ? AND t.state IN ('completed', 'empty')`;

const CALLS = `SELECT m.turn_id, m.purpose, COUNT(*) AS count
  FROM model_calls m JOIN conversations c ON c.id = m.conversation_id
  WHERE c.experiment_id = ? GROUP BY m.turn_id, m.purpose`;

const MESSAGES = `SELECT m.speaker, m.content FROM messages m JOIN conversations c ON c.id = m.conversation_id
  WHERE c.experiment_id = ? AND m.turn_id IS NOT NULL`;

export function readExperiment(dataDirectory: string, id: string): StoredExperiment {
  const file = new SqliteFile(join(dataDirectory, 'llama-herd.sqlite'), { readonly: true });
  try {
    const rows = <T>(sql: string) => file.prepare(sql).all(id) as T[];
    const calls = new Map<string, Partial<Record<CallPurpose, number>>>();
    for (const { turn_id, purpose, count } of rows<{
      turn_id: string;
      purpose: CallPurpose;
      count: number;
    }>(CALLS)) {
      calls.set(turn_id, { ...calls.get(turn_id), [purpose]: count });
    }
    return {
      runs: rows<{ state: string; end_reason: string | null; error_code: string | null }>(RUNS).map(
        ({ state, end_reason, error_code }) => ({
          state,
          endedBy: end_reason === null ? null : (JSON.parse(end_reason) as { type: string }).type,
          errorCode: error_code,
        }),
      ),
      turns: rows<TurnRow>(TURNS).map((row) => ({
        speaker: row.speaker,
        kind: row.kind,
        state: row.state,
        choice: JSON.parse(row.choice) as SpeakerChoice,
        task: row.task === null ? null : (JSON.parse(row.task) as TurnTask),
        parsed: row.parsed === null ? null : (JSON.parse(row.parsed) as unknown),
        formatError: row.format_error,
        handoff: row.handoff,
        tools: row.tools === null ? [] : (JSON.parse(row.tools) as string[]),
        text: row.text ?? '',
        calls: calls.get(row.id) ?? {},
      })),
      messages: rows<StoredMessage>(MESSAGES),
    };
  } finally {
    file.close();
  }
}
