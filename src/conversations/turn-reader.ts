import { Injectable } from '@nestjs/common';
import { type ContextUse } from '../agents/prompt/context-use';
import { type ErrorCode } from '../common/errors/error-codes';
import { Database } from '../database/database';
import { conversationNotFound } from './conversation.repository';
import { type Turn, type TurnChoice, type TurnContext, type TurnPage } from './dto/turn.dto';
import { type SpeakerChoice } from './team/speaker-choice';
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

/** Reads the turns of runs: who spoke why, what it cost, and what went wrong. */
@Injectable()
export class TurnReader {
  constructor(private readonly database: Database) {}

  /**
   * A page of turns with all of their attempts.
   * @throws DomainError CONVERSATION_NOT_FOUND
   */
  async page(conversationId: string, after: number, limit: number): Promise<TurnPage> {
    const { read } = this.database;
    const [conversation] = await read.query<{ last: number }[]>(
      `SELECT (SELECT COALESCE(MAX(turn), 0) FROM turns WHERE conversation_id = c.id) AS last
         FROM conversations c WHERE c.id = ? AND (c.experiment_id IS NOT NULL OR c.imported_at IS NOT NULL)`,
      [conversationId],
    );
    if (!conversation) {
      throw conversationNotFound(conversationId);
    }
    const rows = await read.query<TurnRow[]>(
      `SELECT t.*, m.message_id, COALESCE(SUM(k.prompt_tokens), 0) AS prompt_tokens,
              COALESCE(SUM(k.completion_tokens), 0) AS completion_tokens
         FROM turns t
         LEFT JOIN messages m ON m.turn_id = t.id AND m.conversation_id = t.conversation_id
         LEFT JOIN model_calls k ON k.turn_id = t.id AND k.conversation_id = t.conversation_id
        WHERE t.conversation_id = ? AND t.turn > ? AND t.turn <= ?
        GROUP BY t.id ORDER BY t.turn, t.attempt`,
      [conversationId, after, after + limit],
    );
    return { turns: rows.map(turnOf), lastTurn: conversation.last };
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
    agentId: row.agent_id,
    choice: choiceOf(JSON.parse(row.choice) as SpeakerChoice),
    messageId: row.message_id,
    partialText: row.partial_text,
    thinking: row.thinking,
    parsed: row.parsed === null ? null : JSON.parse(row.parsed),
    formatError: row.format_error,
    handoff: row.handoff,
    tools: row.tools === null ? [] : (JSON.parse(row.tools) as string[]),
    context: row.context === null ? null : contextOf(JSON.parse(row.context) as ContextUse),
    errorCode: row.error_code,
    error: row.error,
    promptTokens: row.prompt_tokens,
    completionTokens: row.completion_tokens,
    activeMs: row.active_ms,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}

function choiceOf({ ledger, via, candidates, ...choice }: SpeakerChoice): TurnChoice {
  return {
    ...choice,
    candidates: [...candidates],
    ...(ledger === undefined
      ? {}
      : {
          ledger: {
            satisfied: ledger.satisfied,
            inLoop: ledger.in_loop,
            progress: ledger.progress,
            instruction: ledger.instruction,
          },
        }),
    ...(via === undefined ? {} : { via: via.map(choiceOf) }),
  };
}

function contextOf(use: ContextUse): TurnContext {
  return {
    estimatedTokens: use.estimated_tokens,
    numCtx: use.num_ctx,
    droppedMessages: use.dropped_messages,
    droppedTokens: use.dropped_tokens,
    cutByOllama: use.cut_by_ollama,
  };
}
