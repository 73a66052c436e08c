import { type Agent } from '../agents/prompt/agent';
import { type ErrorCode } from '../common/errors/error-codes';
import { type StreamTransaction } from '../live/event-log';
import { type ModelCallRecord } from '../ollama/model-caller';
import { type ConversationState } from './conversation.entity';
import { systemAgent } from './system-agent';
import { type EndReason } from './team/end-reason';
import { insertCalls, insertMessage } from './transcript-rows';
import { publishHeld, type TurnRun } from './transcript-turns';

/** A run as it is to be written down. */
export interface RunPlan {
  readonly experimentId: string;
  readonly conversationId: string;
  /** Number of the run, from 1. */
  readonly iteration: number;
  readonly title: string;
  readonly task: string;
  readonly agents: readonly Agent[];
}

/** How a run ended. */
export interface RunOutcome {
  readonly state: Exclude<ConversationState, 'running'>;
  readonly endReason: EndReason | null;
  readonly errorCode: ErrorCode | null;
  readonly error: string | null;
}

/** Why an attempt at a turn failed. */
export interface TurnFailure {
  readonly code: ErrorCode;
  readonly message: string;
  /** Whether the turn is made again. */
  readonly willRetry: boolean;
}

/** Opens a run; its first message is the prompt, said by `System`. */
export async function startRun({ tx, append }: StreamTransaction, plan: RunPlan): Promise<void> {
  const { conversationId, iteration, title } = plan;
  const now = new Date().toISOString();
  await tx.query(
    `INSERT INTO conversations (id, experiment_id, iteration, title, state, prompt, message_count, turn_count, created_at)
     VALUES (?, ?, ?, ?, 'running', ?, 1, 0, ?)`,
    [conversationId, plan.experimentId, iteration, title, plan.task, now],
  );
  const system = systemAgent(plan.agents);
  const messageId = await insertMessage(tx, {
    conversationId,
    seq: 1,
    turnId: null,
    agentId: system.id,
    speaker: system.name,
    content: plan.task,
    createdAt: now,
  });
  await append('conversation.started', { iteration, title }, { conversationId });
  await append('message', { iteration, message_seq: 1 }, { conversationId, messageId });
}

/** Closes a run, whatever state it was left in. What was said in a step that did not end is published. */
export async function finishRun(
  stream: StreamTransaction,
  run: TurnRun,
  outcome: RunOutcome,
  calls: readonly ModelCallRecord[] = [],
): Promise<void> {
  const { tx, append } = stream;
  const { conversationId, iteration } = run;
  await publishHeld(stream, run);
  await insertCalls(tx, conversationId, null, calls);
  const [counters] = await tx.query<{ message_count: number; turn_count: number }[]>(
    `UPDATE conversations SET state = ?, end_reason = ?, error_code = ?, error = ?, finished_at = ?
      WHERE id = ? RETURNING message_count, turn_count`,
    [
      outcome.state,
      outcome.endReason === null ? null : JSON.stringify(outcome.endReason),
      outcome.errorCode,
      outcome.error,
      new Date().toISOString(),
      conversationId,
    ],
  );
  await append(
    'conversation.finished',
    {
      iteration,
      state: outcome.state,
      end_reason: outcome.endReason,
      error_code: outcome.errorCode,
      error: outcome.error,
      message_count: counters?.message_count ?? 0,
      turn_count: counters?.turn_count ?? 0,
    },
    { conversationId },
  );
}

/** Ends the attempts of a run that a stopped server left open. What was stored of their text stays. */
export async function failOpenTurns(
  stream: StreamTransaction,
  run: TurnRun,
  failure: TurnFailure,
): Promise<void> {
  const open = await stream.tx.query<OpenTurnRow[]>(
    `UPDATE turns SET state = 'failed', error_code = ?, error = ?, finished_at = ?
      WHERE conversation_id = ? AND state = 'running' RETURNING id, turn, attempt, agent_id, speaker`,
    [failure.code, failure.message, new Date().toISOString(), run.conversationId],
  );
  for (const { id, turn, attempt, agent_id, speaker } of open) {
    await stream.append(
      'turn.failed',
      {
        iteration: run.iteration,
        turn,
        attempt,
        agent_id,
        agent_name: speaker,
        model: run.modelOf(speaker),
        code: failure.code,
        error: failure.message,
        will_retry: failure.willRetry,
      },
      { conversationId: run.conversationId, turnId: id },
    );
  }
}

interface OpenTurnRow {
  readonly id: string;
  readonly turn: number;
  readonly attempt: number;
  readonly agent_id: string;
  readonly speaker: string;
}
