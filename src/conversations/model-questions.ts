import { Inject, Injectable } from '@nestjs/common';
import { type Agent, type ContextPolicy } from '../agents/prompt/agent';
import { promptRoom, wasCut } from '../agents/prompt/context-fit';
import { TokenEstimates } from '../agents/prompt/token-estimate';
import { DomainError } from '../common/errors/domain-error';
import { CallScheduler } from '../ollama/call-scheduler';
import { type ChatMessage } from '../ollama/chat-message';
import { mayRetryTurn, ModelCallError } from '../ollama/model-call-error';
import { ModelCaller, type ModelCallRecord, type ModelContext } from '../ollama/model-caller';
import { fullModelName } from '../ollama/model-name';
import { type SamplingOptions } from '../ollama/sampling-options';
import { type Decision, type Question } from './team/engine';
import { MAX_HISTORY_CHARACTERS } from './team/engines/question-text';
import { type QuestionContext, type SpeakerChoice } from './team/speaker-choice';
import { type TurnRecord } from './team/turn-record';

export interface AskInput {
  readonly experimentId: string;
  readonly conversationId: string;
  readonly question: Question;
  readonly agents: readonly Agent[];
  readonly records: readonly TurnRecord[];
  readonly contextPolicy: ContextPolicy;
  /** Sampling seed. */
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** A question as it is asked. */
interface Asked extends AskInput {
  readonly model: string;
  readonly options: SamplingOptions;
  readonly sizes: ModelContext;
}

/** What was said in answer to questions that could not be read, and what was said to that. */
type Tail = readonly ChatMessage[];

/** Lengths to which what was said is shortened until a question fits. */
const SHORTER_HISTORIES = [4_000, 2_000, 1_000, 500, 200];

/** Asks models the questions of a team: who speaks next, and where the work stands. */
@Injectable()
export class ModelQuestions {
  constructor(
    private readonly caller: ModelCaller,
    private readonly estimates: TokenEstimates,
    @Inject(CallScheduler) private readonly scheduler: Pick<CallScheduler, 'loadedAmong'>,
  ) {}

  /**
   * Asks until an answer is usable, as often as the question allows; then its fallback counts.
   * @param calls gets a record of each call made
   * @throws DomainError SPEAKER_NOT_FOUND when there is no fallback; ModelCallError CONTEXT_OVERFLOW before anything is sent, or
   *   when the model can't be asked
   */
  async ask(input: AskInput, calls: ModelCallRecord[]): Promise<Decision> {
    const { question } = input;
    const asked = await this.prepare(input);
    const tail: ChatMessage[] = [];
    let raw: string | null = null;
    let context: QuestionContext | null = null;
    const choice = (method: SpeakerChoice['method'], attempts: number): SpeakerChoice => ({
      method,
      candidates: question.candidates,
      attempts,
      raw,
      tokens: calls.reduce((sum, call) => sum + call.promptTokens + call.completionTokens, 0),
      ...(context === null ? {} : { context }),
    });
    for (let attempt = 1; attempt <= question.maxAttempts; attempt += 1) {
      const answer = await this.call(asked, tail, calls);
      context = answer.context ?? context;
      if (answer.text === null) {
        continue;
      }
      raw = answer.text;
      const read = question.read(raw);
      if ('value' in read) {
        return { value: read.value, choice: choice(question.method, attempt) };
      }
      tail.push(
        { role: 'assistant', content: raw === '' ? '{}' : raw },
        { role: 'user', content: question.feedback(read.problem) },
      );
    }
    const value = question.fallback();
    if (value === null) {
      throw new DomainError(
        'SPEAKER_NOT_FOUND',
        `The ${question.purpose} named no candidate in ${question.maxAttempts} attempts.`,
      );
    }
    return { value, choice: choice('fallback', question.maxAttempts) };
  }

  private async prepare(input: AskInput): Promise<Asked> {
    const { question, seed, signal } = input;
    const model = this.modelFor(input);
    const options: SamplingOptions = {
      temperature: 0,
      seed,
      num_predict: question.maxTokens,
      think: false,
      ...windowOf(model, input.agents),
    };
    return { ...input, model, options, sizes: await this.caller.contextOf(model, options, signal) };
  }

  /**
   * The model of the one who asks, else the one that the question names. Where the team leaves it open, one that is loaded: that
   * of the agent that spoke last if it is, else that of another agent; another load would cost more than the answer.
   */
  private modelFor({ question, agents, records }: AskInput): string {
    const name = question.asker ?? records.findLast(({ kind }) => kind !== 'skip')?.speaker;
    const agent = agents.find((candidate) => candidate.name === name) ?? agents[0];
    if (!agent) {
      throw new Error('A team needs at least one agent.');
    }
    if (question.asker !== undefined) {
      return agent.model;
    }
    const open = [agent, ...agents].map(({ model }) => model);
    return question.model ?? this.scheduler.loadedAmong(open) ?? agent.model;
  }

  /** The raw answer; null when its stream failed in a way that may pass. */
  private async call(
    asked: Asked,
    tail: Tail,
    calls: ModelCallRecord[],
  ): Promise<{ readonly text: string | null; readonly context: QuestionContext | null }> {
    const { question, model, options, sizes } = asked;
    const { messages, tokens, characters } = this.fitted(asked, tail);
    const note = (cutByOllama: boolean): QuestionContext => ({
      estimated_tokens: tokens,
      num_ctx: sizes.numCtx,
      history_characters: characters,
      cut_by_ollama: cutByOllama,
    });
    const context = characters < MAX_HISTORY_CHARACTERS ? note(false) : null;
    try {
      const { text } = await this.caller.call(
        {
          purpose: question.purpose,
          experimentId: asked.experimentId,
          conversationId: asked.conversationId,
          model,
          messages,
          options,
          format: question.schema,
          signal: asked.signal,
        },
        calls,
      );
      const counted = calls.at(-1)?.promptTokens ?? 0;
      if (wasCut(counted, tokens, sizes.numCtx)) {
        return { text: text.trim(), context: note(true) };
      }
      this.estimates.learn(model, messages, undefined, counted);
      return { text: text.trim(), context };
    } catch (error) {
      if (mayRetryTurn(error)) {
        return { text: null, context };
      }
      throw error;
    }
  }

  /** The question with as much of what was said as fits. @throws ModelCallError CONTEXT_OVERFLOW when that is not enough */
  private fitted(asked: Asked, tail: Tail) {
    const { question, contextPolicy, model, sizes } = asked;
    const room = promptRoom(sizes);
    const lengths =
      contextPolicy === 'fail' ? [MAX_HISTORY_CHARACTERS] : [MAX_HISTORY_CHARACTERS, ...SHORTER_HISTORIES];
    let tokens = 0;
    for (const characters of lengths) {
      const messages = [...question.messages(characters), ...tail];
      tokens = this.estimates.estimate(model, messages);
      if (tokens <= room) {
        return { messages, tokens, characters };
      }
    }
    throw new ModelCallError(
      'CONTEXT_OVERFLOW',
      `The ${question.purpose} question has about ${tokens} tokens, but of the ${sizes.numCtx} of ${model} it may use ${room}; the rest is for the answer. Raise num_ctx, or shorten prompts and descriptions.`,
    );
  }
}

/** What the agents of the model ask for: another window would make Ollama load it anew. None where one of them leaves it open. */
function windowOf(model: string, agents: readonly Agent[]): { readonly num_ctx?: number } {
  const own = agents.filter((agent) => fullModelName(agent.model) === fullModelName(model));
  const asked = own.flatMap(({ options }) => options.num_ctx ?? []);
  return own.length > 0 && asked.length === own.length ? { num_ctx: Math.max(...asked) } : {};
}
