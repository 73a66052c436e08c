import { Injectable } from '@nestjs/common';
import { type Agent } from '../agents/prompt/agent';
import { type ErrorCode } from '../common/errors/error-codes';
import { type WriteOptions } from '../database/database';
import { EventLog, type StreamTransaction } from '../live/event-log';
import { type TurnData } from '../live/event-types';
import { type EntityManager } from 'typeorm';
import { type ModelCallRecord } from '../ollama/model-caller';
import { type ConversationState } from './conversation.entity';
import { type SpeakerChoice } from './speaker-choice';
import { systemAgent } from './system-agent';
import { type EndReason } from './team/next-step';
import { countTurn, insertCalls, insertMessage } from './transcript-rows';

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

/** What the writing of a run needs of whoever works on it. */
export interface RunWork {
  /** Active milliseconds of the experiment so far. */
  readonly activeMs: () => number;
  /** Until it is aborted, what cannot be stored is tried again: nothing that was said may be lost. */
  readonly untilStored: AbortSignal;
}

/** One attempt at one turn. */
export interface TurnAttempt {
  readonly turnId: string;
  readonly turn: number;
  readonly attempt: number;
  readonly agent: Agent;
  readonly choice: SpeakerChoice;
}

/** What an attempt brought. */
export interface TurnResult {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly ModelCallRecord[];
}

export interface TurnFailure {
  readonly code: ErrorCode;
  readonly message: string;
  /** Whether the turn is made again. */
  readonly willRetry: boolean;
}

/** How a run ended. */
export interface RunOutcome {
  readonly state: Exclude<ConversationState, 'running'>;
  readonly endReason: EndReason | null;
  readonly errorCode: ErrorCode | null;
  readonly error: string | null;
}

/** Writes runs down: each step in one transaction with its event, which is announced after it. */
@Injectable()
export class Transcript {
  constructor(private readonly events: EventLog) {}

  /** Opens a run; its first message is the prompt, said by `System`. */
  async startRun({ tx, append }: StreamTransaction, plan: RunPlan): Promise<void> {
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

  /** Opens an attempt at a turn. */
  startTurn(
    plan: RunPlan,
    attempt: TurnAttempt,
    selectorCalls: readonly ModelCallRecord[],
    work: RunWork,
  ): Promise<void> {
    const { conversationId } = plan;
    const { turnId, agent, choice } = attempt;
    return this.commit(plan, work, async ({ tx, append }) => {
      await tx.query(
        `INSERT INTO turns (id, conversation_id, turn, attempt, agent_id, speaker, state, choice, context_upto_seq, started_at)
         VALUES (?, ?, ?, ?, ?, ?, 'running', ?, (SELECT message_count FROM conversations WHERE id = ?), ?)`,
        [
          turnId,
          conversationId,
          attempt.turn,
          attempt.attempt,
          agent.id,
          agent.name,
          JSON.stringify(choice),
          conversationId,
          new Date().toISOString(),
        ],
      );
      await insertCalls(tx, conversationId, turnId, selectorCalls);
      await append(
        'turn.started',
        { ...turnData(plan, attempt), speaker: choice },
        { conversationId, turnId },
      );
    });
  }

  /** A turn that ended well. An empty answer is no message, but the turn counts. */
  finishTurn(plan: RunPlan, attempt: TurnAttempt, result: TurnResult, work: RunWork): Promise<void> {
    const { conversationId, iteration } = plan;
    const { turnId, agent } = attempt;
    const isEmpty = result.text === '';
    return this.commit(plan, work, async ({ tx, append }) => {
      const now = new Date().toISOString();
      await setActiveTime(tx, plan, work);
      await tx.query(
        `UPDATE turns SET state = ?, thinking = ?, partial_text = NULL, finished_at = ? WHERE id = ?`,
        [isEmpty ? 'empty' : 'completed', result.thinking === '' ? null : result.thinking, now, turnId],
      );
      await insertCalls(tx, conversationId, turnId, result.calls);
      const seq = await countTurn(tx, conversationId, isEmpty);
      if (isEmpty) {
        await append(
          'turn.failed',
          { ...turnData(plan, attempt), code: 'EMPTY_ANSWER', error: EMPTY_TEXT, will_retry: false },
          { conversationId, turnId },
        );
        return;
      }
      const messageId = await insertMessage(tx, {
        conversationId,
        seq,
        turnId,
        agentId: agent.id,
        speaker: agent.name,
        content: result.text,
        createdAt: now,
      });
      await append('message', { iteration, message_seq: seq }, { conversationId, turnId, messageId });
    });
  }

  /** An attempt that failed; what had been said is kept with it. */
  failTurn(
    plan: RunPlan,
    attempt: TurnAttempt,
    result: TurnResult,
    failure: TurnFailure,
    work: RunWork,
  ): Promise<void> {
    const { conversationId } = plan;
    const { turnId } = attempt;
    return this.commit(plan, { ...work, makesRoom: true }, async ({ tx, append }) => {
      await setActiveTime(tx, plan, work);
      await tx.query(
        `UPDATE turns SET state = 'failed', error_code = ?, error = ?, partial_text = ?, thinking = ?, finished_at = ?
          WHERE id = ?`,
        [
          failure.code,
          failure.message,
          result.text === '' ? null : result.text,
          result.thinking === '' ? null : result.thinking,
          new Date().toISOString(),
          turnId,
        ],
      );
      await insertCalls(tx, conversationId, turnId, result.calls);
      await append(
        'turn.failed',
        {
          ...turnData(plan, attempt),
          code: failure.code,
          error: failure.message,
          will_retry: failure.willRetry,
        },
        { conversationId, turnId },
      );
    });
  }

  /** Closes a run, whatever state it was left in. */
  async finishRun(
    { tx, append }: StreamTransaction,
    run: Pick<RunPlan, 'conversationId' | 'iteration'>,
    outcome: RunOutcome,
    calls: readonly ModelCallRecord[] = [],
  ): Promise<void> {
    const { conversationId, iteration } = run;
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
  async failOpenTurns(stream: StreamTransaction, run: OpenRun, failure: TurnFailure): Promise<void> {
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

  private commit(
    { experimentId }: RunPlan,
    options: WriteOptions,
    unit: (stream: StreamTransaction) => Promise<void>,
  ): Promise<void> {
    return this.events.commit(experimentId, unit, options);
  }
}

/** A run that a stopped server left unfinished. */
export interface OpenRun {
  readonly conversationId: string;
  /** Number of the run, from 1. */
  readonly iteration: number;
  /** Model of the agent of a name. */
  readonly modelOf: (agentName: string) => string;
}

interface OpenTurnRow {
  readonly id: string;
  readonly turn: number;
  readonly attempt: number;
  readonly agent_id: string;
  readonly speaker: string;
}

/** An experiment that is stopped by a crash loses no more of its active time than the turn in progress. */
async function setActiveTime(
  tx: EntityManager,
  { experimentId }: RunPlan,
  { activeMs }: RunWork,
): Promise<void> {
  await tx.query('UPDATE experiments SET active_ms = ? WHERE id = ?', [activeMs(), experimentId]);
}

const EMPTY_TEXT = 'The model gave an empty answer; the turn counts.';

/** The data of a turn that its events and the list of open turns share. */
export function turnData(plan: RunPlan, { turn, attempt, agent }: TurnAttempt): TurnData {
  return {
    iteration: plan.iteration,
    turn,
    attempt,
    agent_id: agent.id,
    agent_name: agent.name,
    model: agent.model,
  };
}
