import { Injectable } from '@nestjs/common';
import { type Agent } from '../agents/prompt/agent';
import { type TurnTask } from '../agents/turn-task';
import { type ErrorCode } from '../common/errors/error-codes';
import { type WriteOptions } from '../database/database';
import { EventLog, type StreamTransaction } from '../live/event-log';
import { type TurnData } from '../live/event-types';
import { type ModelCallRecord } from '../ollama/model-caller';
import { type ConversationState } from './conversation.entity';
import { systemAgent } from './system-agent';
import { type EndReason } from './team/end-reason';
import { type SpeakerChoice } from './team/speaker-choice';
import { type Place } from './team/turn-record';
import { insertCalls, insertMessage } from './transcript-rows';
import { publishHeld, storeResult, type TurnResult, type TurnRun, turnRunOf } from './transcript-turns';
import { type TurnState } from './turn.entity';

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
}

/** An attempt that begins, or a team that is passed over (`agent` is null). */
export interface OpenedTurn extends Omit<TurnAttempt, 'agent'> {
  readonly agent: Agent | null;
  /** Number of the first turn of its step. */
  readonly step: number;
  readonly place: Place;
  readonly task: TurnTask;
  readonly choice: SpeakerChoice;
  /** Calls that chose the speaker. */
  readonly choiceCalls: readonly ModelCallRecord[];
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
      `INSERT INTO conversations (id, experiment_id, iteration, title, state, prompt, message_count, turn_count, active_ms_at_start,
                                  created_at)
       VALUES (?, ?, ?, ?, 'running', ?, 1, 0, (SELECT active_ms FROM experiments WHERE id = ?), ?)`,
      [conversationId, plan.experimentId, iteration, title, plan.task, plan.experimentId, now],
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

  /**
   * Opens attempts at turns: all those of a step at once, so that a crash never leaves a part of a step. Teams that are passed
   * over have ended with it.
   */
  startTurns(plan: RunPlan, turns: readonly OpenedTurn[], work: RunWork): Promise<void> {
    const { conversationId } = plan;
    if (turns.length === 0) {
      return Promise.resolve();
    }
    return this.commit(plan, work, async ({ tx, append }) => {
      const now = new Date().toISOString();
      for (const opened of turns) {
        const { turnId, agent, choice, place, step, task } = opened;
        await tx.query(
          `INSERT INTO turns (id, conversation_id, turn, attempt, step, kind, place, task, agent_id, speaker, state, choice, active_ms,
                              context_upto_seq, started_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT message_count FROM conversations WHERE id = ?), ?)`,
          [
            turnId,
            conversationId,
            opened.turn,
            opened.attempt,
            step,
            agent === null ? 'skip' : task.kind,
            JSON.stringify(place),
            JSON.stringify(task),
            agent?.id ?? '',
            agent?.name ?? nameOf(place),
            agent === null ? 'held' : 'running',
            JSON.stringify(choice),
            work.activeMs(),
            conversationId,
            now,
          ],
        );
        await insertCalls(tx, conversationId, turnId, opened.choiceCalls);
        if (agent !== null) {
          await append(
            'turn.started',
            {
              ...turnData(plan, { ...opened, agent }),
              step,
              kind: task.kind,
              path: place.map(({ member }) => member),
              speaker: choice,
            },
            { conversationId, turnId },
          );
        }
      }
    });
  }

  /** A turn that ended well; the one of its step, or it is `held` until those beside it have ended (see publishStep). */
  finishTurn(
    plan: RunPlan,
    attempt: TurnAttempt,
    result: TurnResult,
    held: 'held' | 'published',
    work: RunWork,
  ): Promise<void> {
    return this.commit(plan, work, async (stream) => {
      await this.store(stream, plan, attempt, 'held', result, work);
      if (held === 'published') {
        await publishHeld(stream, turnRunOf(plan));
      }
    });
  }

  /** Publishes the turns of a step: all of them have ended. */
  publishStep(plan: RunPlan, work: RunWork): Promise<void> {
    return this.commit(plan, work, async (stream) => {
      await publishHeld(stream, turnRunOf(plan));
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
    return this.commit(plan, { ...work, makesRoom: true }, async (stream) => {
      await this.store(stream, plan, attempt, 'failed', result, work);
      await stream.tx.query('UPDATE turns SET error_code = ?, error = ? WHERE id = ?', [
        failure.code,
        failure.message,
        turnId,
      ]);
      await stream.append(
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

  /** Closes a run, whatever state it was left in. What was said in a step that did not end is published. */
  async finishRun(
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
  async failOpenTurns(stream: StreamTransaction, run: TurnRun, failure: TurnFailure): Promise<void> {
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

  private async store(
    stream: StreamTransaction,
    plan: RunPlan,
    attempt: TurnAttempt,
    state: TurnState,
    result: TurnResult,
    { activeMs }: RunWork,
  ): Promise<void> {
    const now = activeMs();
    // An experiment that is stopped by a crash loses no more of its active time than the turn in progress.
    await stream.tx.query('UPDATE experiments SET active_ms = ? WHERE id = ?', [now, plan.experimentId]);
    const turn = { turnId: attempt.turnId, data: turnData(plan, attempt), activeMs: now };
    await storeResult(stream, plan.conversationId, turn, state, result);
  }

  private commit(
    { experimentId }: RunPlan,
    options: WriteOptions,
    unit: (stream: StreamTransaction) => Promise<void>,
  ): Promise<void> {
    return this.events.commit(experimentId, unit, options);
  }
}

interface OpenTurnRow {
  readonly id: string;
  readonly turn: number;
  readonly attempt: number;
  readonly agent_id: string;
  readonly speaker: string;
}

function nameOf(place: Place): string {
  return place.at(-1)?.member ?? '';
}

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
