import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type ErrorCode } from '../common/errors/error-codes';
import { type ConversationPlan } from '../conversations/conversation-plan';
import { type ConversationResult } from '../conversations/conversation-runner';
import { insertCalls, storeActiveMs } from '../conversations/transcript-rows';
import { startRun } from '../conversations/transcript-runs';
import { type WriteOptions } from '../database/database';
import { EventLog, type StreamTransaction } from '../live/event-log';
import { ExperimentEstimates } from './estimate/experiment-estimates';
import { type ExperimentChange, ExperimentChanges } from './experiment-changes';
import { endAfter, type ExperimentEnd, type KeepStopped, type StopRequest } from './experiment-end';
import { ExperimentEntity } from './experiment.entity';
import { queuePositionOf } from './experiment.repository';
import { type ExperimentState, isIdle, isTerminal, NEXT_STATES, type PauseReason } from './experiment-state';
import { statusData } from './experiment-views';
import { closeRun, closeRuns } from './run-closing';
import { planOf } from './run-plan';
import { firstOpenRun, moveCurrentIteration } from './run-rows';
import { enqueueWebhook } from './webhooks/enqueue-webhook';

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

/** What the end of a run means for its experiment. */
export interface RunEnding {
  /** Why the experiment is stopped, if it is. */
  readonly stop: StopRequest | null;
  /** Whether nobody works on another run, and none is to come. */
  readonly isLast: boolean;
  /** Active milliseconds of the experiment. */
  readonly activeMs: number;
}

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

  /** Begins the run of a number. Existing clients see the first one that is open. */
  async startRun(
    experiment: ExperimentEntity,
    iteration: number,
    options: WriteOptions,
  ): Promise<ConversationPlan> {
    const plan = planOf(experiment, iteration);
    await this.events.commit(
      experiment.id,
      async (stream) => {
        if ((await firstOpenRun(stream.tx, experiment.id)) === null) {
          const stored = await this.update(stream.tx, experiment.id, { currentIteration: iteration });
          await stream.append(
            'experiment.status',
            statusData(stored, null, this.estimates.secondsOf(stored)),
          );
        }
        await startRun(stream, plan);
      },
      options,
    );
    this.announce('changed', experiment.id);
    return plan;
  }

  /**
   * Closes a run, and with the last one in the same transaction the experiment: a crash between the two would leave a
   * finished experiment that looks unfinished. With a stopped experiment its other open runs are closed, too.
   */
  async finishRun(
    plan: ConversationPlan,
    result: ConversationResult & { readonly kind: 'ended' },
    { stop, isLast, activeMs }: RunEnding,
    options: WriteOptions,
  ): Promise<void> {
    const { experimentId } = plan;
    const keep = stop?.keep ?? 'excluded';
    await this.events.commit(
      experimentId,
      async (stream) => {
        const before = await load(stream.tx, experimentId);
        await closeRun(stream, { ...plan, ...result }, keep);
        if (isLast && stop !== null) {
          await closeRuns(stream, before, stop.end, keep);
        }
        await moveCurrentIteration(stream.tx, experimentId);
        const counted = await this.update(stream.tx, experimentId, { activeMs });
        if (isLast && !isTerminal(counted.state)) {
          await this.take(stream, counted, endAfter(counted.completedRuns, result.outcome, stop));
        } else if (counted.currentIteration !== before.currentIteration) {
          await stream.append(
            'experiment.status',
            statusData(counted, null, this.estimates.secondsOf(counted)),
          );
        }
      },
      options,
    );
    this.announce('changed', experimentId);
  }

  /** Stores what there is of a run that is left for now, beside its turns. */
  async leaveRun(
    { experimentId, conversationId }: ConversationPlan,
    { looseCalls, activeMs }: ConversationResult,
    options: WriteOptions,
  ): Promise<void> {
    await this.events.commit(
      experimentId,
      async ({ tx }) => {
        await insertCalls(tx, conversationId, null, looseCalls);
        await storeActiveMs(tx, conversationId, activeMs);
      },
      options,
    );
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
      (stream, experiment) => closeRuns(stream, experiment, end, keep),
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
      await closeRuns(stream, experiment, end, keep);
    }
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

/** Inside a transaction the writer's own view counts. */
function load(tx: EntityManager, experimentId: string): Promise<ExperimentEntity> {
  return tx.findOneByOrFail(ExperimentEntity, { id: experimentId });
}
