import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { toAgent } from '../agents/agent.dto';
import { type ErrorCode } from '../common/errors/error-codes';
import { type ConversationPlan, type ConversationResult } from '../conversations/conversation-runner';
import { Transcript } from '../conversations/transcript';
import { EventLog, type StreamTransaction } from '../live/event-log';
import { type ExperimentChange, ExperimentChanges } from './experiment-changes';
import { ExperimentEntity } from './experiment.entity';
import { type OpenRun } from './experiment.repository';
import { isTerminal, NEXT_STATES, type TerminalState } from './experiment-state';
import { runTask, runTitle } from './experiment-titles';
import { statusData } from './experiment-views';

/** How an experiment ends. */
export interface ExperimentEnd {
  readonly state: TerminalState;
  readonly errorCode: ErrorCode | null;
  readonly error: string | null;
}

/** What a server that was stopped leaves behind is closed with this. */
export const INTERRUPTED_TEXT = 'Interrupted by server restart';

/** The steps in the life of an experiment, each in one transaction with its events. */
@Injectable()
export class ExperimentLifecycle {
  constructor(
    private readonly events: EventLog,
    private readonly transcript: Transcript,
    private readonly changes: ExperimentChanges,
  ) {}

  /** Stores a new experiment. */
  async create(experiment: ExperimentEntity): Promise<void> {
    await this.events.commit(experiment.id, async ({ tx, append }) => {
      await tx.insert(ExperimentEntity, { ...experiment });
      await append('experiment.status', statusData(experiment, null));
    });
    this.announce('created', experiment.id);
  }

  /** Begins the run of a number. */
  async startRun(experiment: ExperimentEntity, iteration: number): Promise<ConversationPlan> {
    const plan: ConversationPlan = {
      experimentId: experiment.id,
      conversationId: `${experiment.id}_${iteration}`,
      iteration,
      title: runTitle(experiment.task, iteration),
      task: runTask(experiment.task, iteration),
      agents: experiment.agents.map(toAgent),
      rules: experiment.rules,
      rootSeed: experiment.rootSeed,
    };
    await this.events.commit(experiment.id, async (stream) => {
      const stored = await this.update(stream.tx, experiment.id, { currentIteration: iteration });
      await stream.append('experiment.status', statusData(stored, null));
      await this.transcript.startRun(stream, plan);
    });
    this.announce('changed', experiment.id);
    return plan;
  }

  /**
   * Closes a run, and in the same transaction the experiment when `end` says that this was the last one: a crash
   * between the two would leave a finished experiment that looks interrupted.
   */
  async finishRun(
    plan: Pick<ConversationPlan, 'experimentId' | 'conversationId' | 'iteration'>,
    result: ConversationResult,
    activeMs: number,
    end: ((experiment: ExperimentEntity) => ExperimentEnd) | null,
  ): Promise<void> {
    await this.events.commit(plan.experimentId, async (stream) => {
      await this.transcript.finishRun(stream, plan, result.outcome, result.looseCalls);
      const before = await load(stream.tx, plan.experimentId);
      const { state } = result.outcome;
      const counted = await this.update(stream.tx, plan.experimentId, {
        completedRuns: before.completedRuns + (state === 'completed' ? 1 : 0),
        failedRuns: before.failedRuns + (state === 'error' ? 1 : 0),
        activeMs,
      });
      await this.closeWith(stream, counted, end?.(counted) ?? null);
    });
    this.announce('changed', plan.experimentId);
  }

  /** Ends an experiment that has no run in progress. A terminal state is final, so a second end changes nothing. */
  async end(experimentId: string, end: ExperimentEnd): Promise<void> {
    await this.events.commit(experimentId, async (stream) => {
      await this.closeWith(stream, await load(stream.tx, experimentId), end);
    });
    this.announce('changed', experimentId);
  }

  /** Closes an experiment that a stopped server left unfinished, with its open runs. */
  async settleInterrupted(experiment: ExperimentEntity, openRuns: readonly OpenRun[]): Promise<void> {
    const failure = { code: 'INTERRUPTED', message: INTERRUPTED_TEXT, willRetry: false } as const;
    await this.events.commit(experiment.id, async (stream) => {
      for (const { id, iteration } of openRuns) {
        await this.transcript.failOpenTurns(stream, id, failure);
        await this.transcript.finishRun(
          stream,
          { conversationId: id, iteration },
          { state: 'error', endReason: null, errorCode: 'INTERRUPTED', error: INTERRUPTED_TEXT },
        );
      }
      const counted = await this.update(stream.tx, experiment.id, {
        failedRuns: experiment.failedRuns + openRuns.length,
      });
      await this.closeWith(stream, counted, {
        state: 'error',
        errorCode: 'INTERRUPTED',
        error: INTERRUPTED_TEXT,
      });
    });
  }

  private async closeWith(
    { tx, append }: StreamTransaction,
    experiment: ExperimentEntity,
    end: ExperimentEnd | null,
  ): Promise<void> {
    if (end === null || isTerminal(experiment.state)) {
      return;
    }
    if (!NEXT_STATES[experiment.state].includes(end.state)) {
      throw new Error(`An experiment cannot go from ${experiment.state} to ${end.state}.`);
    }
    const closed = await this.update(tx, experiment.id, { ...end, completedAt: new Date().toISOString() });
    await append('experiment.status', statusData(closed, null));
  }

  private async update(
    tx: EntityManager,
    experimentId: string,
    changes: Partial<Omit<ExperimentEntity, 'agents' | 'task' | 'rules' | 'chatRules'>>,
  ): Promise<ExperimentEntity> {
    await tx.update(ExperimentEntity, { id: experimentId }, changes);
    return load(tx, experimentId);
  }

  private announce(kind: ExperimentChange['kind'], experimentId: string): void {
    this.changes.next({ kind, experimentId });
  }
}

/** Inside a transaction the writer's own view counts. */
function load(tx: EntityManager, experimentId: string): Promise<ExperimentEntity> {
  return tx.findOneByOrFail(ExperimentEntity, { id: experimentId });
}
