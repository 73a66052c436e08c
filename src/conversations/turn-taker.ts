import { Inject, Injectable } from '@nestjs/common';
import { AgentTurns, type AgentTurnProgress, newProgress } from '../agents/agent-turns';
import { type Agent } from '../agents/prompt/agent';
import { type TurnTask } from '../agents/turn-task';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { OpenTurns } from '../live/open-turns';
import { mayRetryTurn } from '../ollama/model-call-error';
import { type ConversationPlan, type RunControl } from './conversation-plan';
import { describeFailure, endsRun } from './run-failure';
import { openedTurn, type StepTurn } from './step';
import { heardBy } from './team/hearing';
import { memberAt } from './team/members';
import { deriveSeed } from './team/seed';
import { type TurnRecord } from './team/turn-record';
import { type OpenedTurn, Transcript, type TurnAttempt, turnData } from './transcript';
import { TurnCheckpoints } from './turn-checkpoints';

/** A turn that is to be taken. */
export interface TurnWork {
  readonly plan: ConversationPlan;
  readonly turn: StepTurn;
  /** Its first attempt, which is stored as begun. */
  readonly opened: OpenedTurn;
  /** The finished turns before its step, and those of the step that are published already. */
  readonly records: readonly TurnRecord[];
  /** Whether it is the only turn of its step, so that it is published when it ends. */
  readonly isAlone: boolean;
  /** Ids of the turns that watchers see growing; whoever is left in it is closed by the step. */
  readonly shown: Set<string>;
  readonly control: RunControl;
}

/** One attempt under way. */
interface Attempt extends TurnAttempt {
  readonly progress: AgentTurnProgress;
  readonly mayRetry: boolean;
}

/** Takes one turn: makes attempts until one ends well, or no further one is allowed. */
@Injectable()
export class TurnTaker {
  constructor(
    private readonly agentTurns: AgentTurns,
    private readonly transcript: Transcript,
    private readonly openTurns: OpenTurns,
    private readonly checkpoints: TurnCheckpoints,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** @throws what went wrong, when no further attempt is to be made now */
  async take(work: TurnWork): Promise<TurnRecord> {
    const { turn, plan, control } = work;
    const agent = agentOf(turn);
    let { prompt, completion } = turn.tokensBefore;
    let opened = work.opened;
    for (let made = 1; ; made += 1) {
      if (made > 1) {
        opened = { ...openedTurn(turn, made), choiceCalls: [] };
        this.show(plan, opened, work.shown);
        await this.transcript.startTurns(plan, [opened], control);
      }
      const mayRetry = made < this.settings.turnAttempts;
      const attempt: Attempt = { ...opened, agent, mayRetry, progress: newProgress() };
      const endedAtMs = await this.attempt(work, attempt);
      const calls = [...opened.choiceCalls, ...attempt.progress.calls];
      prompt += sum(calls.map(({ promptTokens }) => promptTokens));
      completion += sum(calls.map(({ completionTokens }) => completionTokens));
      if (endedAtMs !== null) {
        return recordOf(turn, attempt, { prompt, completion, activeMs: endedAtMs });
      }
    }
  }

  /** Lets watchers see an attempt grow. */
  show(plan: ConversationPlan, opened: OpenedTurn, shown: Set<string>): void {
    const { turnId, agent } = opened;
    if (agent !== null) {
      shown.add(turnId);
      this.openTurns.open(plan.experimentId, {
        ...turnData(plan, { ...opened, agent }),
        turn_id: turnId,
        conversation_id: plan.conversationId,
      });
    }
  }

  /**
   * @returns active milliseconds of the run when the agent had spoken; null when a new attempt is to be made
   * @throws what went wrong, when no further attempt is to be made now
   */
  private async attempt(work: TurnWork, attempt: Attempt): Promise<number | null> {
    const { plan, control, isAlone, shown } = work;
    const { turnId, progress } = attempt;
    const { signal } = control;
    const endCheckpoints = this.checkpoints.watch(turnId, progress);
    try {
      const failure = await this.speak(work, attempt);
      endCheckpoints();
      if (isAlone || failure !== null) {
        shown.delete(turnId);
        this.openTurns.close(turnId);
      }
      if (failure === null) {
        const held = isAlone ? 'published' : 'held';
        return await this.transcript.finishTurn(plan, attempt, progress, held, control);
      }
      const isRetried = !signal.aborted && mayRetryTurn(failure) && attempt.mayRetry;
      const willRetry = isRetried || !endsRun(failure, signal);
      const described = { ...describeFailure(failure), willRetry };
      await this.transcript.failTurn(plan, attempt, progress, described, control);
      if (isRetried) {
        return null;
      }
      throw failure;
    } finally {
      endCheckpoints();
    }
  }

  /** @returns what went wrong; null when the agent has spoken */
  private async speak(
    { plan, turn, records, control }: TurnWork,
    { turnId, agent, progress }: Attempt,
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
          signal: control.signal,
          onText: (channel, text) => this.openTurns.add(turnId, channel, text),
        },
        progress,
      );
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error('A turn failed with something that is no error.');
    }
  }
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
  { turn, place, choice, task }: StepTurn,
  { agent, progress }: Attempt,
  spent: { readonly prompt: number; readonly completion: number; readonly activeMs: number },
): TurnRecord {
  const { text, thinking, handoff, tools, parsed } = progress;
  return {
    turn,
    place,
    choice,
    speaker: agent.name,
    state: text === '' ? 'empty' : 'completed',
    kind: task.kind,
    text,
    thinking,
    handoff,
    tools,
    parsed,
    promptTokens: spent.prompt,
    completionTokens: spent.completion,
    activeMs: spent.activeMs,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
