import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { AgentTurns, newProgress } from '../agents/agent-turns';
import { type Agent } from '../agents/prompt/agent';
import { DomainError } from '../common/errors/domain-error';
import { type ErrorCode } from '../common/errors/error-codes';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { OpenTurns } from '../live/open-turns';
import { isPassing, mayRetryTurn } from '../ollama/model-call-error';
import { type ModelCallRecord } from '../ollama/model-caller';
import { type BegunTurn, type RunProgress } from './run-progress';
import { type SpeakerChoice } from './speaker-choice';
import { SpeakerSelector } from './speaker-selector';
import { nextStep } from './team/next-step';
import { deriveSeed } from './team/seed';
import { type TeamRules } from './team/team';
import { spokenTurns, type TurnRecord } from './team/turn-record';
import {
  type RunOutcome,
  type RunPlan,
  type RunWork,
  Transcript,
  type TurnAttempt,
  turnData,
} from './transcript';
import { TurnCheckpoints } from './turn-checkpoints';

/** A run with all that decides its turns. */
export interface ConversationPlan extends RunPlan {
  readonly rules: TeamRules;
  readonly rootSeed: number;
  /** Names the run for its seeds: its number, in a rerun the number that it had first. */
  readonly seedKey: number;
}

/** How whoever works on a run is asked to leave it, and hears how it goes. */
export interface RunControl extends RunWork {
  /** Aborted to break off the turn in progress; the code of its reason says whether the run ends by that. */
  readonly signal: AbortSignal;
  /** Whether to leave the run before its next turn. */
  readonly shouldLeave: () => boolean;
  /** Hears of every finished turn. */
  readonly onTurn: () => void;
}

/** What became of the work on a run, with the calls that belong to no stored turn (a selector that failed). */
export type ConversationResult = { readonly looseCalls: readonly ModelCallRecord[] } & (
  | { readonly kind: 'ended'; readonly outcome: RunOutcome; readonly turns: number }
  /** It is unfinished and can be taken up again; `fault` is the passing fault that stopped it. */
  | { readonly kind: 'left'; readonly fault: ErrorCode | null }
);

/** Who speaks next, and how that was found. */
interface Speaker {
  readonly agent: Agent;
  readonly choice: SpeakerChoice;
}

/** Signals with these reasons break a turn off without ending the run: the turn is made again. */
const LEAVING_CODES: ReadonlySet<ErrorCode> = new Set(['PAUSED', 'INTERRUPTED']);

/** Lets the agents of one run speak in turn until a stop rule ends it. Each turn is stored before the next begins. */
@Injectable()
export class ConversationRunner {
  private readonly logger = new Logger(ConversationRunner.name);

  constructor(
    private readonly agentTurns: AgentTurns,
    private readonly selector: SpeakerSelector,
    private readonly transcript: Transcript,
    private readonly openTurns: OpenTurns,
    private readonly checkpoints: TurnCheckpoints,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Works on a run from where it is. Never throws: every failure is a result. */
  async run(plan: ConversationPlan, progress: RunProgress, control: RunControl): Promise<ConversationResult> {
    const looseCalls: ModelCallRecord[] = [];
    const records = [...progress.records];
    try {
      const outcome = await this.takeTurns(plan, records, progress.begun, control, looseCalls);
      return outcome === null
        ? { kind: 'left', fault: null, looseCalls }
        : { kind: 'ended', outcome, turns: records.length, looseCalls };
    } catch (error) {
      if (endsRun(error, control.signal)) {
        return { kind: 'ended', outcome: this.failure(plan, error), turns: records.length, looseCalls };
      }
      const fault = !control.signal.aborted && error instanceof DomainError ? error.code : null;
      return { kind: 'left', fault, looseCalls };
    }
  }

  /** @returns how the run ended; null when it was left unfinished */
  private async takeTurns(
    plan: ConversationPlan,
    records: TurnRecord[],
    begunBefore: BegunTurn | null,
    control: RunControl,
    looseCalls: ModelCallRecord[],
  ): Promise<RunOutcome | null> {
    const names = plan.agents.map(({ name }) => name);
    let begun = begunBefore;
    for (;;) {
      control.signal.throwIfAborted();
      const step = nextStep(plan.rules, names, records);
      if (step.kind === 'end') {
        return { state: 'completed', endReason: step.reason, errorCode: null, error: null };
      }
      if (control.shouldLeave()) {
        return null;
      }
      let speaker: Speaker;
      if (begun) {
        speaker = { agent: agentNamed(plan, begun.speaker), choice: begun.choice };
      } else if (step.kind === 'speak') {
        speaker = {
          agent: agentNamed(plan, step.speaker),
          choice: knownSpeaker(step.method, step.candidates),
        };
      } else {
        speaker = await this.select(plan, step.candidates, records, control.signal, looseCalls);
      }
      records.push(await this.takeTurn(plan, records, speaker, begun, looseCalls.splice(0), control));
      begun = null;
      control.onTurn();
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
    begun: BegunTurn | null,
    selectorCalls: readonly ModelCallRecord[],
    control: RunControl,
  ): Promise<TurnRecord> {
    const turn = records.length + 1;
    const purpose = begun?.discarded ? `reply ${begun.discarded + 1}` : 'reply';
    const seed = deriveSeed(plan.rootSeed, plan.seedKey, turn, purpose);
    const before = begun?.attempts ?? 0;
    for (let attempt = 1; ; attempt += 1) {
      const current: TurnAttempt = { turnId: randomUUID(), turn, attempt: before + attempt, agent, choice };
      const mayRetry = attempt < this.settings.turnAttempts;
      const spoken = await this.attempt(
        plan,
        records,
        { ...current, seed, mayRetry },
        attempt === 1 ? selectorCalls : [],
        control,
      );
      if (spoken !== null) {
        return { turn, speaker: agent.name, state: spoken === '' ? 'empty' : 'completed', text: spoken };
      }
    }
  }

  /**
   * @returns what was said; null when a new attempt is to be made
   * @throws what went wrong, when no further attempt is to be made now
   */
  private async attempt(
    plan: ConversationPlan,
    records: readonly TurnRecord[],
    current: TurnAttempt & { readonly seed: number; readonly mayRetry: boolean },
    selectorCalls: readonly ModelCallRecord[],
    control: RunControl,
  ): Promise<string | null> {
    const { turnId } = current;
    const { signal } = control;
    const progress = newProgress();
    this.openTurns.open(plan.experimentId, {
      ...turnData(plan, current),
      turn_id: turnId,
      conversation_id: plan.conversationId,
    });
    const endCheckpoints = this.checkpoints.watch(turnId, progress);
    try {
      await this.transcript.startTurn(plan, current, selectorCalls, control);
      const failure = await this.speak(plan, records, current, progress, signal);
      endCheckpoints();
      this.openTurns.close(turnId);
      if (failure === null) {
        await this.transcript.finishTurn(plan, current, progress, control);
        return progress.text;
      }
      const isRetried = !signal.aborted && mayRetryTurn(failure) && current.mayRetry;
      const willRetry = isRetried || !endsRun(failure, signal);
      await this.transcript.failTurn(
        plan,
        current,
        progress,
        { ...describeFailure(failure), willRetry },
        control,
      );
      if (isRetried) {
        return null;
      }
      throw failure;
    } finally {
      endCheckpoints();
      this.openTurns.close(turnId);
    }
  }

  /** @returns what went wrong; null when the agent has spoken */
  private async speak(
    plan: ConversationPlan,
    records: readonly TurnRecord[],
    { turnId, agent, seed }: TurnAttempt & { readonly seed: number },
    progress: ReturnType<typeof newProgress>,
    signal: AbortSignal,
  ): Promise<Error | null> {
    try {
      await this.agentTurns.speak(
        {
          ...plan,
          agent,
          history: spokenTurns(records),
          seed,
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

/** Whether a run ends by a failure; else it is only left, and its turn is made again later. */
function endsRun(error: unknown, signal: AbortSignal): boolean {
  if (signal.aborted) {
    const reason: unknown = signal.reason;
    return !(reason instanceof DomainError && LEAVING_CODES.has(reason.code));
  }
  return !isPassing(error) && !isStorageFault(error);
}

/** What could not be stored is not lost by that: it is made again when it can. */
function isStorageFault(error: unknown): boolean {
  return error instanceof DomainError && (error.code === 'DATABASE_BUSY' || error.code === 'STORAGE_FULL');
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
