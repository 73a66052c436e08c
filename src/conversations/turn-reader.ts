import { Injectable } from '@nestjs/common';
import { type ErrorCode } from '../common/errors/error-codes';
import { Database } from '../database/database';
import { conversationNotFound } from './conversation.repository';
import { type Turn, type TurnChoice, type TurnContext, type TurnPage } from './dto/turn.dto';
import { type Place, type TurnKind } from './team/turn-record';
import { type TurnState } from './turn.entity';

interface TurnRow {
  readonly id: string;
  readonly turn: number;
  readonly attempt: number;
  readonly step: number;
  readonly kind: TurnKind;
  readonly place: string | null;
  readonly state: TurnState;
  readonly speaker: string;
  readonly agent_id: string;
  readonly choice: string;
  readonly message_id: string | null;
  readonly partial_text: string | null;
  readonly thinking: string | null;
  readonly parsed: string | null;
  readonly format_error: string | null;
  readonly handoff: string | null;
  readonly tools: string | null;
  readonly context: string | null;
  readonly error_code: ErrorCode | null;
  readonly error: string | null;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly active_ms: number;
  readonly started_at: string;
  readonly finished_at: string | null;
}

/** A run of an experiment. */
export interface RunNumber {
  readonly experimentId: string;
  /** From 1. */
  readonly iteration: number;
}

/** Reads the turns of runs: who spoke why, what it cost, and what went wrong. */
@Injectable()
export class TurnReader {
  constructor(private readonly database: Database) {}

  /**
   * A page of turns with all of their attempts.
   * @throws DomainError CONVERSATION_NOT_FOUND
   */
  async page(run: RunNumber, after: number, limit: number): Promise<TurnPage> {
    const { read } = this.database;
    const [conversation] = await read.query<{ id: string; last: number }[]>(
      `SELECT c.id, (SELECT COALESCE(MAX(turn), 0) FROM turns WHERE conversation_id = c.id) AS last
         FROM conversations c WHERE c.experiment_id = ? AND c.iteration = ?`,
      [run.experimentId, run.iteration],
    );
    if (!conversation) {
      throw conversationNotFound(`${run.experimentId}_${run.iteration}`);
    }
    const rows = await read.query<TurnRow[]>(
      `SELECT t.*, m.message_id, COALESCE(SUM(k.prompt_tokens), 0) AS prompt_tokens,
              COALESCE(SUM(k.completion_tokens), 0) AS completion_tokens
         FROM turns t
         LEFT JOIN messages m ON m.turn_id = t.id AND m.conversation_id = t.conversation_id
         LEFT JOIN model_calls k ON k.turn_id = t.id AND k.conversation_id = t.conversation_id
        WHERE t.conversation_id = ? AND t.turn > ? AND t.turn <= ?
        GROUP BY t.id ORDER BY t.turn, t.attempt`,
      [conversation.id, after, after + limit],
    );
    return { turns: rows.map(turnOf), last_turn: conversation.last };
  }
}

function turnOf(row: TurnRow): Turn {
  const place = row.place === null ? null : (JSON.parse(row.place) as Place);
  return {
    id: row.id,
    turn: row.turn,
    attempt: row.attempt,
    step: row.step,
    kind: row.kind,
    path: place?.map(({ member }) => member) ?? [row.speaker],
    state: row.state,
    speaker: row.speaker,
    agent_id: row.agent_id,
    choice: JSON.parse(row.choice) as TurnChoice,
    message_id: row.message_id,
    partial_text: row.partial_text,
    thinking: row.thinking,
    parsed: row.parsed === null ? null : JSON.parse(row.parsed),
    format_error: row.format_error,
    handoff: row.handoff,
    tools: row.tools === null ? [] : (JSON.parse(row.tools) as string[]),
    context: row.context === null ? null : (JSON.parse(row.context) as TurnContext),
    error_code: row.error_code,
    error: row.error,
    prompt_tokens: row.prompt_tokens,
    completion_tokens: row.completion_tokens,
    active_ms: row.active_ms,
    started_at: row.started_at,
    finished_at: row.finished_at,
  };
}
