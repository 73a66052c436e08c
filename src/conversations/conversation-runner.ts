import { Injectable, Logger } from '@nestjs/common';
import { type Agent } from '../agents/prompt/agent';
import { DomainError } from '../common/errors/domain-error';
import { type ErrorCode } from '../common/errors/error-codes';
import { type ModelCallRecord } from '../ollama/model-caller';
import { CallScheduler } from '../ollama/call-scheduler';
import { type ConversationPlan, type RunControl, type RunOrder } from './conversation-plan';
import { ModelQuestions } from './model-questions';
import { describeFailure, endsRun } from './run-failure';
import { RunClock } from './run-clock';
import { type BegunTurn, type LeftStep, type RunProgress } from './run-progress';
import { type Step, type StepTurn } from './step';
import { StepTaker } from './step-taker';
import { type Decision } from './team/engine';
import { nextStep, type TeamRun } from './team/next-step';
import { deriveSeed } from './team/seed';
import { deadline } from './team/stop/deadline';
import { type OpenQuestion, type PlannedTurn } from './team/team-step';
import { type TurnRecord } from './team/turn-record';
import { timeLimit } from './time-limit';
import { type RunOutcome } from './transcript-runs';

/** How the work on a run was left. */
type WorkLeft =
  | { readonly kind: 'ended'; readonly outcome: RunOutcome; readonly turns: number }
  /** It is unfinished and can be taken up again; `fault` is the passing fault that stopped it. */
  | { readonly kind: 'left'; readonly fault: ErrorCode | null };

/** What became of the work on a run. */
export type ConversationResult = WorkLeft & {
  /** Calls that belong to no stored turn (a selector that failed). */
  readonly looseCalls: readonly ModelCallRecord[];
  /** Active milliseconds of the run. */
  readonly activeMs: number;
};

/** The work on a run as it goes on. */
interface RunWorkState {
  readonly plan: ConversationPlan;
  readonly control: RunControl;
  /** The finished turns. */
  readonly records: TurnRecord[];
  /** Calls of answered questions whose turns have not begun, by the keys of the questions. */
  readonly questionCalls: Map<string, ModelCallRecord[]>;
}

/** Lets the agents of one run speak until a rule ends it. Each step is stored before the next begins. */
@Injectable()
export class ConversationRunner {
  private readonly logger = new Logger(ConversationRunner.name);

  constructor(
    private readonly steps: StepTaker,
    private readonly questions: ModelQuestions,
    private readonly scheduler: CallScheduler,
  ) {}

  /** Works on a run from where it is. Never throws: every failure is a result. */
  async run(plan: ConversationPlan, progress: RunProgress, order: RunOrder): Promise<ConversationResult> {
    const { conversationId } = plan;
    const waitedMs = () => this.scheduler.waitedMs(conversationId);
    const clock = new RunClock(progress.activeMs, order.activeMs, waitedMs);
    const work: RunWorkState = {
      plan,
      control: { ...order, runMs: () => clock.ms() },
      records: [...progress.records],
      questionCalls: new Map(),
    };
    try {
      const left = await this.goOn(work, progress);
      return { ...left, looseCalls: [...work.questionCalls.values()].flat(), activeMs: clock.ms() };
    } finally {
      this.scheduler.forget(conversationId);
    }
  }

  private async goOn(work: RunWorkState, progress: RunProgress): Promise<WorkLeft> {
    const { plan, control, records } = work;
    try {
      const outcome = await this.takeSteps(work, progress);
      return outcome === null
        ? { kind: 'left', fault: null }
        : { kind: 'ended', outcome, turns: records.length };
    } catch (error) {
      if (endsRun(error, control.signal)) {
        return { kind: 'ended', outcome: this.failure(plan, error), turns: records.length };
      }
      return {
        kind: 'left',
        fault: !control.signal.aborted && error instanceof DomainError ? error.code : null,
      };
    }
  }

  /** @returns how the run ended; null when it was left unfinished */
  private async takeSteps(work: RunWorkState, progress: RunProgress): Promise<RunOutcome | null> {
    const left = [...progress.left];
    for (let upMs: number | null = null; ;) {
      const limit = timeLimit(deadlineOf(work), work.control.runMs, work.control.signal);
      try {
        const timed = { ...work, control: { ...work.control, signal: limit.signal } };
        const outcome = await this.takeStep(timed, left, upMs);
        if (outcome !== 'goes on') {
          return outcome;
        }
      } catch (error) {
        if (!limit.isUp() || work.control.signal.aborted) {
          throw error;
        }
        // The rule about the time holds now, whatever the clock says to the millisecond.
        upMs = limit.atMs;
      } finally {
        limit.clear();
      }
    }
  }

  /**
   * Takes the next step, the first of `left` if there are any.
   * @param upMs active milliseconds at which a rule about time ended the step before; null = none did
   */
  private async takeStep(
    work: RunWorkState,
    left: LeftStep[],
    upMs: number | null,
  ): Promise<RunOutcome | null | 'goes on'> {
    const { plan, control, records } = work;
    control.signal.throwIfAborted();
    const step = await this.nextStep(work, left[0], upMs);
    if (step === null || 'state' in step) {
      return step;
    }
    const taken = await this.steps.take(plan, step, records, control);
    records.push(...taken);
    records.sort((one, other) => one.turn - other.turn);
    left.shift();
    for (const _turn of taken) {
      control.onTurn();
    }
    return 'goes on';
  }

  /**
   * The next step, `left` if there is one; how the run ended; or null when somebody wants it to be left here. The team is not
   * asked in the middle of a step that is published in part (its last turn was taken back), unless its time is up.
   */
  private async nextStep(
    work: RunWorkState,
    left: LeftStep | undefined,
    upMs: number | null,
  ): Promise<Step | RunOutcome | null> {
    const { plan, control, records } = work;
    const isPartlyDone = left !== undefined && left.first <= records.length && upMs === null;
    const nowMs = Math.max(upMs ?? 0, control.runMs());
    const run = teamRun(plan);
    const decisions = new Map<string, Decision>();
    for (let isFirst = true; ; isFirst = false) {
      const next = isPartlyDone ? null : nextStep(run, records, decisions, nowMs);
      if (next?.kind === 'end') {
        return { state: 'completed', endReason: next.reason, errorCode: null, error: null };
      }
      if (next?.kind === 'fail') {
        throw new DomainError(next.code, next.message);
      }
      if (isFirst && control.shouldLeave()) {
        return null;
      }
      if (left) {
        return leftStep(plan, left);
      }
      if (next?.kind === 'turns') {
        return plannedStep(work, next.turns);
      }
      for (const open of next?.questions ?? []) {
        decisions.set(open.key, await this.answer(work, open));
      }
    }
  }

  private answer(work: RunWorkState, { key, question }: OpenQuestion): Promise<Decision> {
    const { plan, control, records } = work;
    const calls: ModelCallRecord[] = [];
    work.questionCalls.set(key, calls);
    // The outermost team's questions have the seeds that they had when there were no others.
    const purpose = key.startsWith('[]') ? question.purpose : `${question.purpose} ${key}`;
    return this.questions.ask(
      {
        experimentId: plan.experimentId,
        conversationId: plan.conversationId,
        question,
        agents: plan.agents,
        records,
        contextPolicy: plan.contextPolicy,
        seed: deriveSeed(plan.rootSeed, plan.seedKey, records.length + 1, purpose),
        signal: control.signal,
      },
      calls,
    );
  }

  private failure(plan: ConversationPlan, error: unknown): RunOutcome {
    const { code, message } = describeFailure(error);
    const ids = { experiment_id: plan.experimentId, conversation_id: plan.conversationId, code };
    if (code === 'INTERNAL_ERROR') {
      this.logger.error('a run failed', { ...ids, error });
    } else {
      this.logger.warn('a run ended early', ids);
    }
    return {
      state: code === 'CANCELLED' ? 'cancelled' : 'error',
      endReason: null,
      errorCode: code,
      error: message,
    };
  }
}

/** Active milliseconds of the run at which its stop rules end it whoever is speaking; Infinity = they never do. */
function deadlineOf({ plan, records }: RunWorkState): number {
  const { team, stop } = plan.rules;
  return Math.min(...[stop, team.stop].map((rule) => (rule ? deadline(rule, records) : Infinity)));
}

function leftStep(plan: ConversationPlan, { begun, held }: LeftStep): Step {
  return { turns: begun.map((turn) => begunTurn(plan, turn)), held };
}

function begunTurn(plan: ConversationPlan, turn: BegunTurn): StepTurn {
  return {
    ...turn,
    agent: agentNamed(plan, turn.speaker),
    choiceCalls: [],
    attemptsBefore: turn.attempts,
    tokensBefore: { prompt: turn.promptTokens, completion: turn.completionTokens },
  };
}

/** Turns that the team has planned, with their numbers and the calls that led to them. */
function plannedStep({ plan, records, questionCalls }: RunWorkState, planned: readonly PlannedTurn[]): Step {
  const step = records.length + 1;
  const turns = planned.map(({ speaker, place, choice, task, decidedBy }, index): StepTurn => {
    const choiceCalls = decidedBy.flatMap((key) => questionCalls.get(key) ?? []);
    for (const key of decidedBy) {
      questionCalls.delete(key);
    }
    return {
      turn: step + index,
      step,
      agent: speaker === null ? null : agentNamed(plan, speaker),
      place,
      choice,
      task,
      choiceCalls,
      attemptsBefore: 0,
      tokensBefore: { prompt: 0, completion: 0 },
      discarded: 0,
    };
  });
  return { turns, held: [] };
}

function teamRun({ rules, task, agents, rootSeed, seedKey }: ConversationPlan): TeamRun {
  const roles = new Map(agents.map(({ name, prompt, description }) => [name, description ?? prompt]));
  return { rules, task, roles, rootSeed, seedKey };
}

function agentNamed({ agents }: ConversationPlan, name: string): Agent {
  const agent = agents.find((candidate) => candidate.name === name);
  if (!agent) {
    throw new Error('The team named a speaker that it does not have.');
  }
  return agent;
}
