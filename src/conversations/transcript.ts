import { Injectable } from '@nestjs/common';
import { type Agent } from '../agents/prompt/agent';
import { type TurnTask } from '../agents/turn-task';
import { type WriteOptions } from '../database/database';
import { EventLog, type StreamTransaction } from '../live/event-log';
import { type TurnData } from '../live/event-types';
import { type ModelCallRecord } from '../ollama/model-caller';
import { type SpeakerChoice } from './team/speaker-choice';
import { type Place } from './team/turn-record';
import { insertCalls, storeActiveMs } from './transcript-rows';
import { type RunPlan, type TurnFailure } from './transcript-runs';
import { endState, publish, publishHeld, storeResult, type TurnResult, turnRunOf } from './transcript-turns';
import { type TurnState } from './turn.entity';

/** What the writing of a run needs of whoever works on it. */
export interface RunWork {
  /** Active milliseconds of the experiment so far. */
  readonly activeMs: () => number;
  /** Active milliseconds of the run so far. */
  readonly runMs: () => number;
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

/** Writes the turns of runs down: each step in one transaction with its events, which are announced after it. */
@Injectable()
export class Transcript {
  constructor(private readonly events: EventLog) {}

  /**
   * Opens attempts at turns: all those of a step at once, so that a crash never leaves a part of a step. Teams that are passed
   * over have ended with it.
   * @returns active milliseconds of the run, as stored with the turns
   */
  async startTurns(plan: RunPlan, turns: readonly OpenedTurn[], work: RunWork): Promise<number> {
    const { conversationId } = plan;
    const activeMs = work.runMs();
    if (turns.length === 0) {
      return activeMs;
    }
    await this.commit(plan, work, async ({ tx, append }) => {
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
            activeMs,
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
    return activeMs;
  }

  /**
   * A turn that ended well; the one of its step, or it is `held` until those beside it have ended (see publishStep).
   * @returns active milliseconds of the run at its end, as stored: a run that is taken up again reads the same
   */
  async finishTurn(
    plan: RunPlan,
    attempt: TurnAttempt,
    result: TurnResult,
    held: 'held' | 'published',
    work: RunWork,
  ): Promise<number> {
    const runMs = work.runMs();
    await this.commit(plan, work, async (stream) => {
      const state = held === 'held' ? 'held' : endState(result.text);
      await this.store(stream, plan, attempt, state, result, { ...work, runMs: () => runMs });
      if (held === 'published') {
        const { turnId: id, turn, agent } = attempt;
        const ended = {
          ...result,
          id,
          turn,
          attempt: attempt.attempt,
          agentId: agent.id,
          speaker: agent.name,
        };
        await publish(stream, turnRunOf(plan), ended);
      }
    });
    return runMs;
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

  private async store(
    stream: StreamTransaction,
    plan: RunPlan,
    attempt: TurnAttempt,
    state: TurnState,
    result: TurnResult,
    { activeMs, runMs }: RunWork,
  ): Promise<void> {
    const { experimentId, conversationId } = plan;
    const turn = { turnId: attempt.turnId, data: turnData(plan, attempt), activeMs: runMs() };
    // What is stopped by a crash loses no more of its active time than the turns in progress.
    await stream.tx.query('UPDATE experiments SET active_ms = ? WHERE id = ?', [activeMs(), experimentId]);
    await storeActiveMs(stream.tx, conversationId, turn.activeMs);
    await storeResult(stream, conversationId, turn, state, result);
  }

  private commit(
    { experimentId }: RunPlan,
    options: WriteOptions,
    unit: (stream: StreamTransaction) => Promise<void>,
  ): Promise<void> {
    return this.events.commit(experimentId, unit, options);
  }
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
