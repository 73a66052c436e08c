import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { toAgent } from '../agents/agent.dto';
import { type ErrorCode } from '../common/errors/error-codes';
import { type ConversationPlan } from '../conversations/conversation-plan';
import { type ConversationResult } from '../conversations/conversation-runner';

import { discardRun } from '../conversations/transcript-discards';
import { insertCalls } from '../conversations/transcript-rows';
import { failOpenTurns, finishRun, type RunOutcome, startRun } from '../conversations/transcript-runs';
import { turnRunOf } from '../conversations/transcript-turns';
import { type WriteOptions } from '../database/database';
import { EventLog, type StreamTransaction } from '../live/event-log';
import { type ModelCallRecord } from '../ollama/model-caller';
import { ExperimentEstimates } from './estimate/experiment-estimates';
import { type ExperimentChange, ExperimentChanges } from './experiment-changes';
import { ExperimentEntity } from './experiment.entity';
import { queuePositionOf } from './experiment.repository';
import {
  type ExperimentState,
  isIdle,
  isTerminal,
  NEXT_STATES,
  type PauseReason,
  type TerminalState,
} from './experiment-state';
import { itemFields, runTask, runTitle } from './experiment-titles';
import { statusData } from './experiment-views';
import { enqueueWebhook } from './webhooks/enqueue-webhook';

/** How an experiment ends. */
export interface ExperimentEnd {
  readonly state: TerminalState;
  readonly errorCode: ErrorCode | null;
  readonly error: string | null;
}

/** What is to become of a run that is stopped before its end. */
export type KeepStopped = 'counted' | 'excluded' | 'none';

/** A step of an experiment into a state, with what is noted with it. */
export interface ExperimentStep {
  readonly state: ExperimentState;
  readonly pauseReason?: PauseReason;
  readonly errorCode?: ErrorCode | null;
  readonly error?: string | null;
  readonly queuedAt?: string;
  readonly crashStarts?: number;
  readonly aloneCrashes?: number;
  readonly runsAlone?: boolean;
  readonly activeMs?: number;
}

/** What a step did; the experiment as it is after it. */
export interface StepResult {
  readonly changed: boolean;
  readonly experiment: ExperimentEntity;
}

interface OpenRunRow {
  readonly id: string;
  readonly iteration: number;
  readonly turn_count: number;
}

export const INTERRUPTED_TEXT = 'The server stopped in the middle of this turn.';

const CANCELLED_OUTCOME: RunOutcome = {
  state: 'cancelled',
  endReason: null,
  errorCode: 'CANCELLED',
  error: 'The run was stopped by a client.',
};

/** The steps in the life of an experiment, each in one transaction with its events. */
@Injectable()
export class ExperimentLifecycle {
  constructor(
    private readonly events: EventLog,
    private readonly changes: ExperimentChanges,
    private readonly estimates: ExperimentEstimates,
  ) {}

  /** Stores a new experiment. @returns its place in the queue when it has to wait */
  async create(experiment: ExperimentEntity): Promise<number | null> {
    const position = await this.events.commit(experiment.id, async ({ tx, append }) => {
      await tx.insert(ExperimentEntity, { ...experiment });
      const queuePosition = await queuePositionOf(tx, experiment);
      await append('experiment.status', statusData(experiment, queuePosition, null));
      return queuePosition;
    });
    this.announce('created', experiment.id);
    return position;
  }

  /**
   * Takes a step that depends on the state in which the experiment is. `decide` sees it inside the transaction and gives
   * null to leave everything as it is; `also` does what belongs to the step before it is taken.
   * @throws Error when the table of states does not have the step
   */
  async step(
    experimentId: string,
    decide: (experiment: ExperimentEntity) => ExperimentStep | null,
    also: (stream: StreamTransaction, experiment: ExperimentEntity) => Promise<void> = async () => undefined,
    options: WriteOptions = {},
  ): Promise<StepResult> {
    const result = await this.events.commit(
      experimentId,
      async (stream) => {
        const before = await load(stream.tx, experimentId);
        const step = decide(before);
        if (step === null) {
          return { changed: false, experiment: before };
        }
        await also(stream, before);
        return {
          changed: true,
          experiment: await this.take(stream, await load(stream.tx, experimentId), step),
        };
      },
      options,
    );
    if (result.changed) {
      this.announce('changed', experimentId);
    }
    return result;
  }

  /** Begins the run of a number. */
  async startRun(
    experiment: ExperimentEntity,
    iteration: number,
    options: WriteOptions,
  ): Promise<ConversationPlan> {
    const plan = planOf(experiment, iteration);
    await this.events.commit(
      experiment.id,
      async (stream) => {
        const stored = await this.update(stream.tx, experiment.id, { currentIteration: iteration });
        await stream.append('experiment.status', statusData(stored, null, this.estimates.secondsOf(stored)));
        await startRun(stream, plan);
      },
      options,
    );
    this.announce('changed', experiment.id);
    return plan;
  }

  /**
   * Closes a run, and in the same transaction the experiment when `end` says that this was the last one: a crash
   * between the two would leave a finished experiment that looks unfinished.
   */
  async finishRun(
    plan: ConversationPlan,
    result: ConversationResult & { readonly kind: 'ended' },
    keep: KeepStopped,
    activeMs: number,
    end: ((experiment: ExperimentEntity) => ExperimentEnd) | null,
    options: WriteOptions,
  ): Promise<void> {
    await this.events.commit(
      plan.experimentId,
      async (stream) => {
        await this.closeRun(stream, plan, result.outcome, keep, result.turns, result.looseCalls);
        const counted = await this.update(stream.tx, plan.experimentId, { activeMs });
        if (end && !isTerminal(counted.state)) {
          await this.take(stream, counted, end(counted));
        }
      },
      options,
    );
    this.announce('changed', plan.experimentId);
  }

  /** Ends an experiment, whatever it is at, with its open runs. A terminal state is final, so a second end changes nothing. */
  end(
    experimentId: string,
    end: ExperimentEnd,
    keep: KeepStopped,
    options: WriteOptions = {},
  ): Promise<StepResult> {
    return this.step(
      experimentId,
      ({ state }) => (isTerminal(state) ? null : end),
      (stream, experiment) => this.closeRuns(stream, experiment, end, keep),
      options,
    );
  }

  /** Closes the open runs of an experiment that ends while nobody works on it. */
  async closeIfIdle(
    stream: StreamTransaction,
    experiment: ExperimentEntity,
    end: ExperimentEnd,
    keep: KeepStopped,
  ): Promise<void> {
    if (isIdle(experiment.state)) {
      await this.closeRuns(stream, experiment, end, keep);
    }
  }

  /** Ends the attempts at turns that a stopped server left open. */
  async failOpenTurns(
    stream: StreamTransaction,
    experiment: ExperimentEntity,
    willRetry: boolean,
  ): Promise<void> {
    const { agents } = experiment;
    for (const { id, iteration } of await openRuns(stream.tx, experiment.id)) {
      await failOpenTurns(stream, turnRunOf({ conversationId: id, iteration, agents }), {
        code: 'INTERRUPTED',
        message: INTERRUPTED_TEXT,
        willRetry,
      });
    }
  }

  /** Stores calls to models of a run that belong to none of its turns. */
  async keepCalls(
    { tx }: StreamTransaction,
    plan: ConversationPlan,
    calls: readonly ModelCallRecord[],
  ): Promise<void> {
    await insertCalls(tx, plan.conversationId, null, calls);
  }

  private async closeRuns(
    stream: StreamTransaction,
    experiment: ExperimentEntity,
    end: ExperimentEnd,
    keep: KeepStopped,
  ): Promise<void> {
    await this.failOpenTurns(stream, experiment, false);
    const outcome: RunOutcome =
      end.errorCode === 'CANCELLED'
        ? CANCELLED_OUTCOME
        : { state: 'error', endReason: null, errorCode: end.errorCode, error: end.error };
    for (const { id, iteration, turn_count: turns } of await openRuns(stream.tx, experiment.id)) {
      const { agents } = experiment;
      const run = { experimentId: experiment.id, conversationId: id, iteration, agents };
      await this.closeRun(stream, run, outcome, keep, turns, []);
    }
  }

  private async closeRun(
    stream: StreamTransaction,
    run: Pick<ConversationPlan, 'experimentId' | 'conversationId' | 'iteration'> & {
      readonly agents: readonly { readonly name: string; readonly model: string }[];
    },
    outcome: RunOutcome,
    keep: KeepStopped,
    turns: number,
    calls: readonly ModelCallRecord[],
  ): Promise<void> {
    if (outcome.state === 'cancelled' && keep === 'none') {
      await discardRun(stream, run);
      return;
    }
    const isCounted = outcome.state === 'cancelled' && keep === 'counted' && turns > 0;
    const closed: RunOutcome = isCounted
      ? { state: 'completed', endReason: { type: 'stopped', turn: turns }, errorCode: null, error: null }
      : outcome;
    await finishRun(stream, turnRunOf(run), closed, calls);
    await stream.tx.query(
      'UPDATE experiments SET completed_runs = completed_runs + ?, failed_runs = failed_runs + ? WHERE id = ?',
      [closed.state === 'completed' ? 1 : 0, closed.state === 'error' ? 1 : 0, run.experimentId],
    );
  }

  private async take(
    { tx, append }: StreamTransaction,
    experiment: ExperimentEntity,
    step: ExperimentStep,
  ): Promise<ExperimentEntity> {
    const { state } = step;
    if (state !== experiment.state && !NEXT_STATES[experiment.state].includes(state)) {
      throw new Error(`An experiment cannot go from ${experiment.state} to ${state}.`);
    }
    const isOver = isTerminal(state);
    const taken = await this.update(tx, experiment.id, {
      pauseReason: null,
      errorCode: null,
      error: null,
      ...step,
      ...(isOver ? { completedAt: new Date().toISOString(), queuedAt: null } : {}),
    });
    const queuePosition = await queuePositionOf(tx, taken);
    await append('experiment.status', statusData(taken, queuePosition, this.estimates.secondsOf(taken)));
    if (isOver) {
      await enqueueWebhook(tx, taken);
    }
    return taken;
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

/** The run of a number, as it is begun and as it is taken up again. */
export function planOf(experiment: ExperimentEntity, iteration: number): ConversationPlan {
  const seedKey = experiment.sourceIterations?.[iteration - 1] ?? iteration;
  return {
    experimentId: experiment.id,
    conversationId: `${experiment.id}_${iteration}`,
    iteration,
    title: runTitle(experiment.task, seedKey),
    task: runTask(experiment.task, iteration),
    agents: experiment.agents.map(toAgent),
    item: itemFields(experiment.task, iteration),
    contextPolicy: experiment.contextPolicy,
    rules: experiment.rules,
    rootSeed: experiment.rootSeed,
    seedKey,
  };
}

/** Inside a transaction the writer's own view counts. */
function load(tx: EntityManager, experimentId: string): Promise<ExperimentEntity> {
  return tx.findOneByOrFail(ExperimentEntity, { id: experimentId });
}

/** Runs that are not closed, in the order of their numbers. */
export function openRuns(manager: EntityManager, experimentId: string): Promise<OpenRunRow[]> {
  return manager.query<OpenRunRow[]>(
    `SELECT id, iteration, turn_count FROM conversations WHERE experiment_id = ? AND state = 'running' ORDER BY iteration`,
    [experimentId],
  );
}
