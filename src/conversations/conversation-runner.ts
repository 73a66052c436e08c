import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { type AgentTurnProgress, AgentTurns, newProgress } from '../agents/agent-turns';
import { type Agent } from '../agents/prompt/agent';
import { DomainError } from '../common/errors/domain-error';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { OpenTurns } from '../live/open-turns';
import { mayRetryTurn } from '../ollama/model-call-error';
import { type ModelCallRecord } from '../ollama/model-caller';
import { type SpeakerChoice } from './speaker-choice';
import { SpeakerSelector } from './speaker-selector';
import { nextStep } from './team/next-step';
import { deriveSeed } from './team/seed';
import { type TeamRules } from './team/team';
import { spokenTurns, type TurnRecord } from './team/turn-record';
import { type RunOutcome, type RunPlan, Transcript, type TurnAttempt, turnData } from './transcript';

/** A run with all that decides its turns. */
export interface ConversationPlan extends RunPlan {
  readonly rules: TeamRules;
  readonly rootSeed: number;
}

/** A finished run, with the calls that belong to no stored turn (a selector that failed). */
export interface ConversationResult {
  readonly outcome: RunOutcome;
  readonly looseCalls: readonly ModelCallRecord[];
}

/** Who speaks next, and how that was found. */
interface Speaker {
  readonly agent: Agent;
  readonly choice: SpeakerChoice;
}

/** Lets the agents of one run speak in turn until a stop rule ends it. Each turn is stored before the next begins. */
@Injectable()
export class ConversationRunner {
  private readonly logger = new Logger(ConversationRunner.name);

  constructor(
    private readonly agentTurns: AgentTurns,
    private readonly selector: SpeakerSelector,
    private readonly transcript: Transcript,
    private readonly openTurns: OpenTurns,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Never throws: every failure is an outcome. Aborting ends it with the code of the signal's reason. */
  async run(plan: ConversationPlan, signal: AbortSignal): Promise<ConversationResult> {
    const looseCalls: ModelCallRecord[] = [];
    try {
      const outcome = await this.takeTurns(plan, signal, looseCalls);
      return { outcome, looseCalls };
    } catch (error) {
      return { outcome: this.failure(plan, error), looseCalls };
    }
  }

  private async takeTurns(
    plan: ConversationPlan,
    signal: AbortSignal,
    looseCalls: ModelCallRecord[],
  ): Promise<RunOutcome> {
    const records: TurnRecord[] = [];
    const names = plan.agents.map(({ name }) => name);
    for (;;) {
      signal.throwIfAborted();
      const step = nextStep(plan.rules, names, records);
      if (step.kind === 'end') {
        return { state: 'completed', endReason: step.reason, errorCode: null, error: null };
      }
      const speaker =
        step.kind === 'speak'
          ? { agent: agentNamed(plan, step.speaker), choice: knownSpeaker(step.method, step.candidates) }
          : await this.select(plan, step.candidates, records, signal, looseCalls);
      const selectorCalls = looseCalls.splice(0);
      records.push(await this.takeTurn(plan, records, speaker, selectorCalls, signal));
    }
  }

  private async select(
    plan: ConversationPlan,
    candidates: readonly string[],
    records: readonly TurnRecord[],
    signal: AbortSignal,
    calls: ModelCallRecord[],
  ): Promise<Speaker> {
    if (plan.rules.type !== 'selector') {
      throw new Error(`A ${plan.rules.type} team asks no selector.`);
    }
    const { speaker, choice } = await this.selector.select(
      { ...plan, rules: plan.rules, candidates, records, signal },
      calls,
    );
    return { agent: agentNamed(plan, speaker), choice };
  }

  /** Makes attempts at one turn until one ends well, or no further one is allowed. */
  private async takeTurn(
    plan: ConversationPlan,
    records: readonly TurnRecord[],
    { agent, choice }: Speaker,
    selectorCalls: readonly ModelCallRecord[],
    signal: AbortSignal,
  ): Promise<TurnRecord> {
    const turn = records.length + 1;
    for (let attempt = 1; ; attempt += 1) {
      const current: TurnAttempt = { turnId: randomUUID(), turn, attempt, agent, choice };
      try {
        const text = await this.attempt(plan, records, current, attempt === 1 ? selectorCalls : [], signal);
        return { turn, speaker: agent.name, state: text === '' ? 'empty' : 'completed', text };
      } catch (error) {
        if (!this.willRetry(error, attempt, signal)) {
          throw error;
        }
      }
    }
  }

  private async attempt(
    plan: ConversationPlan,
    records: readonly TurnRecord[],
    current: TurnAttempt,
    selectorCalls: readonly ModelCallRecord[],
    signal: AbortSignal,
  ): Promise<string> {
    const { turnId } = current;
    this.openTurns.open(plan.experimentId, {
      ...turnData(plan, current),
      turn_id: turnId,
      conversation_id: plan.conversationId,
    });
    try {
      await this.transcript.startTurn(plan, current, selectorCalls);
      const progress = newProgress();
      const failure = await this.speak(plan, records, current, progress, signal);
      this.openTurns.close(turnId);
      if (failure !== null) {
        const willRetry = this.willRetry(failure, current.attempt, signal);
        await this.transcript.failTurn(plan, current, progress, { ...describeFailure(failure), willRetry });
        throw failure;
      }
      await this.transcript.finishTurn(plan, current, progress);
      return progress.text;
    } finally {
      this.openTurns.close(turnId);
    }
  }

  /** @returns what went wrong; null when the agent has spoken */
  private async speak(
    plan: ConversationPlan,
    records: readonly TurnRecord[],
    { turnId, turn, agent }: TurnAttempt,
    progress: AgentTurnProgress,
    signal: AbortSignal,
  ): Promise<Error | null> {
    try {
      await this.agentTurns.speak(
        {
          ...plan,
          agent,
          history: spokenTurns(records),
          seed: deriveSeed(plan.rootSeed, plan.iteration, turn, 'reply'),
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

  private willRetry(error: unknown, attempt: number, signal: AbortSignal): boolean {
    return !signal.aborted && mayRetryTurn(error) && attempt < this.settings.turnAttempts;
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

function agentNamed({ agents }: ConversationPlan, name: string): Agent {
  const agent = agents.find((candidate) => candidate.name === name);
  if (!agent) {
    throw new Error('The team named a speaker that it does not have.');
  }
  return agent;
}

function knownSpeaker(method: SpeakerChoice['method'], candidates: readonly string[]): SpeakerChoice {
  return { method, candidates, attempts: 0, raw: null, tokens: 0 };
}

/** The code and text that clients see; faults of our own are not described. */
function describeFailure(error: unknown): { code: DomainError['code']; message: string } {
  return error instanceof DomainError
    ? { code: error.code, message: error.message }
    : { code: 'INTERNAL_ERROR', message: 'The backend failed; its log has the details.' };
}
