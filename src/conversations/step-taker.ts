import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { AgentTurns, type AgentTurnProgress, newProgress } from '../agents/agent-turns';
import { type Agent } from '../agents/prompt/agent';
import { type TurnTask } from '../agents/turn-task';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { OpenTurns } from '../live/open-turns';
import { mayRetryTurn } from '../ollama/model-call-error';
import { type ModelCallRecord } from '../ollama/model-caller';
import { type ConversationPlan, type RunControl } from './conversation-plan';
import { describeFailure, endsRun } from './run-failure';
import { heardBy } from './team/hearing';
import { memberAt } from './team/members';
import { deriveSeed } from './team/seed';
import { type SpeakerChoice } from './team/speaker-choice';
import { type Place, type TurnKind, type TurnRecord } from './team/turn-record';
import { type OpenedTurn, Transcript, type TurnAttempt, turnData } from './transcript';
import { TurnCheckpoints } from './turn-checkpoints';

/** A turn of a step as it is to be taken, or taken up again. */
export interface StepTurn {
  readonly turn: number;
  /** Number of the first turn of the step. */
  readonly step: number;
  /** Null = the nested team at this place is passed over. */
  readonly agent: Agent | null;
  readonly place: Place;
  readonly choice: SpeakerChoice;
  readonly task: TurnTask;
  /** Calls that chose the speaker. */
  readonly choiceCalls: readonly ModelCallRecord[];
  /** Attempts that were made before the run was left, and the tokens of their calls. */
  readonly attemptsBefore: number;
  readonly tokensBefore: { readonly prompt: number; readonly completion: number };
  /** How often the turn was taken back. */
  readonly discarded: number;
}

/** A step: its turns are taken side by side and hear what was said before it. */
export interface Step {
  readonly turns: readonly StepTurn[];
  /** Turns of the step that ended before the run was left. */
  readonly held: readonly TurnRecord[];
  /** Whether its turns have been stored as begun. */
  readonly isBegun: boolean;
}

/** One attempt under way. */
interface Attempt extends TurnAttempt {
  readonly progress: AgentTurnProgress;
}

/** Takes the turns of one step. What each brings is stored when it ends; it is published when all have ended. */
@Injectable()
export class StepTaker {
  constructor(
    private readonly agentTurns: AgentTurns,
    private readonly transcript: Transcript,
    private readonly openTurns: OpenTurns,
    private readonly checkpoints: TurnCheckpoints,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /**
   * @param records the finished turns before the step
   * @param runMs active milliseconds of the run
   * @throws what went wrong with one of the turns; the others have ended all the same
   */
  async take(
    plan: ConversationPlan,
    step: Step,
    records: readonly TurnRecord[],
    control: RunControl,
    runMs: () => number,
  ): Promise<TurnRecord[]> {
    const isAlone = step.turns.length === 1 && step.held.length === 0 && step.turns[0]?.agent !== null;
    const spoken = step.turns.filter((turn) => turn.agent !== null);
    const opened = step.turns.map((turn) => openedTurn(turn, turn.attemptsBefore + 1));
    const open = new Set<string>();
    try {
      for (const turn of opened) {
        this.showOpen(plan, turn, open);
      }
      await this.transcript.startTurns(plan, step.isBegun ? opened.filter(isSpoken) : opened, control);
      const results = await Promise.allSettled(
        spoken.map((turn) =>
          this.takeTurn(
            plan,
            turn,
            opened[step.turns.indexOf(turn)],
            { records, isAlone, open, runMs },
            control,
          ),
        ),
      );
      const failures = results.flatMap((result) =>
        result.status === 'rejected' ? [result.reason as unknown] : [],
      );
      const [failure] = failures;
      if (failure !== undefined) {
        // What ends the run counts more than what only interrupts it.
        throw failures.find((error) => endsRun(error, control.signal)) ?? failure;
      }
      if (!isAlone) {
        await this.transcript.publishStep(plan, control);
      }
      const taken = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      const skipped = step.isBegun
        ? []
        : step.turns.filter((turn) => turn.agent === null).map((turn) => skipRecord(turn, runMs()));
      return [...step.held, ...taken, ...skipped].toSorted((one, other) => one.turn - other.turn);
    } finally {
      for (const turnId of open) {
        this.openTurns.close(turnId);
      }
    }
  }

  /** Makes attempts at one turn until one ends well, or no further one is allowed. */
  private async takeTurn(
    plan: ConversationPlan,
    turn: StepTurn,
    first: OpenedTurn | undefined,
    around: {
      readonly records: readonly TurnRecord[];
      readonly isAlone: boolean;
      readonly open: Set<string>;
      readonly runMs: () => number;
    },
    control: RunControl,
  ): Promise<TurnRecord> {
    let opened = first ?? openedTurn(turn, turn.attemptsBefore + 1);
    let { prompt, completion } = turn.tokensBefore;
    for (let made = 1; ; made += 1) {
      if (made > 1) {
        opened = openedTurn(turn, turn.attemptsBefore + made);
        this.showOpen(plan, opened, around.open);
        await this.transcript.startTurns(plan, [{ ...opened, choiceCalls: [] }], control);
      }
      const attempt: Attempt = { ...opened, agent: agentOf(turn), progress: newProgress() };
      const mayRetry = made < this.settings.turnAttempts;
      const isDone = await this.attempt(plan, turn, attempt, { ...around, mayRetry }, control);
      const calls = [...(made === 1 ? turn.choiceCalls : []), ...attempt.progress.calls];
      prompt += sum(calls.map(({ promptTokens }) => promptTokens));
      completion += sum(calls.map(({ completionTokens }) => completionTokens));
      if (isDone) {
        return recordOf(turn, attempt, { prompt, completion, activeMs: around.runMs() });
      }
    }
  }

  /**
   * @returns whether the agent has spoken; false when a new attempt is to be made
   * @throws what went wrong, when no further attempt is to be made now
   */
  private async attempt(
    plan: ConversationPlan,
    turn: StepTurn,
    attempt: Attempt,
    around: {
      readonly records: readonly TurnRecord[];
      readonly isAlone: boolean;
      readonly open: Set<string>;
      readonly mayRetry: boolean;
    },
    control: RunControl,
  ): Promise<boolean> {
    const { turnId, progress } = attempt;
    const { signal } = control;
    const endCheckpoints = this.checkpoints.watch(turnId, progress);
    try {
      const failure = await this.speak(plan, turn, attempt, around.records, signal);
      endCheckpoints();
      if (around.isAlone || failure !== null) {
        around.open.delete(turnId);
        this.openTurns.close(turnId);
      }
      if (failure === null) {
        const state = around.isAlone ? 'published' : 'held';
        await this.transcript.finishTurn(plan, attempt, progress, state, control);
        return true;
      }
      const isRetried = !signal.aborted && mayRetryTurn(failure) && around.mayRetry;
      const willRetry = isRetried || !endsRun(failure, signal);
      await this.transcript.failTurn(
        plan,
        attempt,
        progress,
        { ...describeFailure(failure), willRetry },
        control,
      );
      if (isRetried) {
        return false;
      }
      throw failure;
    } finally {
      endCheckpoints();
    }
  }

  /** @returns what went wrong; null when the agent has spoken */
  private async speak(
    plan: ConversationPlan,
    turn: StepTurn,
    { turnId, agent, progress }: Attempt,
    records: readonly TurnRecord[],
    signal: AbortSignal,
  ): Promise<Error | null> {
    const before = records.filter((record) => record.turn < turn.step);
    const as = memberAt(plan.rules.team, turn.place);
    const purpose = turn.discarded > 0 ? `reply ${turn.discarded + 1}` : 'reply';
    try {
      await this.agentTurns.speak(
        {
          experimentId: plan.experimentId,
          conversationId: plan.conversationId,
          agents: plan.agents,
          task: plan.task,
          item: plan.item,
          contextPolicy: plan.contextPolicy,
          agent,
          round: before.filter(({ speaker }) => speaker === agent.name).length + 1,
          history: heardBy(plan.rules.team, before, turn.place),
          view: as?.history ?? null,
          turnTask: withInstruction(turn.task, as?.instruction),
          seed: deriveSeed(plan.rootSeed, plan.seedKey, turn.turn, purpose),
          signal,
          onText: (channel, text) => this.openTurns.add(turnId, channel, text),
        },
        progress,
      );
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error('A turn failed with something that is no error.');
    }
  }

  private showOpen(plan: ConversationPlan, opened: OpenedTurn, open: Set<string>): void {
    const { turnId, agent } = opened;
    if (agent !== null) {
      open.add(turnId);
      this.openTurns.open(plan.experimentId, {
        ...turnData(plan, { ...opened, agent }),
        turn_id: turnId,
        conversation_id: plan.conversationId,
      });
    }
  }
}

function openedTurn(turn: StepTurn, attempt: number): OpenedTurn {
  const { step, agent, place, task, choice, choiceCalls } = turn;
  return { turnId: randomUUID(), turn: turn.turn, attempt, step, agent, place, task, choice, choiceCalls };
}

function isSpoken({ agent }: OpenedTurn): boolean {
  return agent !== null;
}

function agentOf({ agent }: StepTurn): Agent {
  if (agent === null) {
    throw new Error('A team that is passed over takes no turn.');
  }
  return agent;
}

/** What the place of the agent asks of it comes before what this one turn does. */
function withInstruction(task: TurnTask, placed: string | undefined): TurnTask {
  const instruction = [placed, task.instruction].filter((text) => text !== undefined).join('\n\n');
  return instruction === '' ? task : { ...task, instruction };
}

function recordOf(
  turn: StepTurn,
  { agent, progress }: Attempt,
  spent: { readonly prompt: number; readonly completion: number; readonly activeMs: number },
): TurnRecord {
  return {
    ...common(turn),
    speaker: agent.name,
    state: progress.text === '' ? 'empty' : 'completed',
    kind: turn.task.kind,
    text: progress.text,
    thinking: progress.thinking,
    handoff: progress.handoff,
    tools: progress.tools,
    parsed: progress.parsed,
    promptTokens: spent.prompt,
    completionTokens: spent.completion,
    activeMs: spent.activeMs,
  };
}

function skipRecord(turn: StepTurn, activeMs: number): TurnRecord {
  const kind: TurnKind = 'skip';
  return {
    ...common(turn),
    speaker: turn.place.at(-1)?.member ?? '',
    state: 'skipped',
    kind,
    text: '',
    thinking: '',
    handoff: null,
    tools: [],
    parsed: null,
    promptTokens: 0,
    completionTokens: 0,
    activeMs,
  };
}

function common({ turn, place, choice }: StepTurn): Pick<TurnRecord, 'turn' | 'place' | 'choice'> {
  return { turn, place, choice };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
