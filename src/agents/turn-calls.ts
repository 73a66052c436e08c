import { type ChatMessage, type ChatTool } from '../ollama/chat-message';
import { ModelCallError } from '../ollama/model-call-error';
import {
  type CallPurpose,
  type ModelAnswer,
  type ModelCall,
  type ModelCaller,
  type ModelContext,
} from '../ollama/model-caller';
import { type SamplingOptions } from '../ollama/sampling-options';
import { type AgentTurnInput, type AgentTurnProgress } from './agent-turns';
import { type Fit, fitHistory, promptRoom, wasCut } from './prompt/context-fit';
import { type ContextUse } from './prompt/context-use';
import { hearThrough } from './prompt/history-view';
import { type AnswerForm, buildPrompt, stopSequences } from './prompt/prompt-builder';
import { type TokenEstimates } from './prompt/token-estimate';
import { TurnTextFilter } from './prompt/turn-text-filter';

/** One thing that the agent is asked within its turn. */
export interface TurnQuestion {
  readonly purpose: CallPurpose;
  /** In which form it is to answer, as its prompt says it. */
  readonly form?: AnswerForm;
  /** JSON schema that the answer is constrained to. */
  readonly format?: Readonly<Record<string, unknown>>;
  readonly tools?: readonly ChatTool[];
  /** What was said since, within the turn. */
  readonly tail?: readonly ChatMessage[];
  /** What counts more than the agent's own options. */
  readonly options?: SamplingOptions;
}

/** A short answer to a question of ours: no thoughts, no luck. */
export const BRIEF: SamplingOptions = { temperature: 0, think: false };

/**
 * The calls that a turn is made of. Each prompt is made to fit the context before it is sent, and what Ollama counted is compared
 * with it afterwards; nothing is cut without a note in the progress of the turn.
 */
export class TurnCalls {
  private constructor(
    private readonly caller: ModelCaller,
    private readonly estimates: TokenEstimates,
    readonly input: AgentTurnInput,
    readonly progress: AgentTurnProgress,
    readonly context: ModelContext,
  ) {}

  /** @throws the reason of the signal when it is aborted */
  static async begin(
    caller: ModelCaller,
    estimates: TokenEstimates,
    input: AgentTurnInput,
    progress: AgentTurnProgress,
  ): Promise<TurnCalls> {
    const { agent, signal } = input;
    const context = await caller.contextOf(agent.model, agent.options, signal);
    return new TurnCalls(caller, estimates, input, progress, context);
  }

  /**
   * Lets the agent speak: what it says is cleaned, kept in the progress and told as it comes.
   * @throws ModelCallError CONTEXT_OVERFLOW before anything is sent; what the call fails with
   */
  async speak(question: TurnQuestion): Promise<ModelAnswer> {
    return this.listen(this.fittedOrThrow(question), question, (text) => this.say(text));
  }

  /**
   * Asks for an answer that is not meant to be heard as it stands; thinking is told.
   * @returns the cleaned answer
   * @throws ModelCallError CONTEXT_OVERFLOW before anything is sent; what the call fails with
   */
  async ask(question: TurnQuestion): Promise<string> {
    let answer = '';
    await this.listen(this.fittedOrThrow(question), question, (text) => {
      answer += text;
    });
    return answer;
  }

  /** Asks something that the turn can do without. @returns null when there is no room for it in the context */
  async askFurther(question: TurnQuestion): Promise<ModelAnswer | null> {
    const fit = this.fitted(question);
    return fit.fits ? this.send(fit, question, {}) : null;
  }

  /** Adds to what the agent says. */
  say(text: string): void {
    this.progress.text += text;
    this.input.onText('text', text);
  }

  private async listen(
    fit: Fit & { readonly fits: true },
    question: TurnQuestion,
    onAnswer: (text: string) => void,
  ): Promise<ModelAnswer> {
    const { input, progress } = this;
    const filter = new TurnTextFilter(input);
    const take = ({ text, thinking }: { readonly text: string; readonly thinking: string }) => {
      progress.thinking += thinking;
      input.onText('thinking', thinking);
      onAnswer(text);
    };
    try {
      return await this.send(fit, question, {
        stop: (modelStops) => stopSequences({ ...input, modelStops }),
        onPiece: (piece) => {
          take({ text: '', thinking: piece.thinking });
          take(filter.push(piece.text));
          return filter.isCut ? 'stop' : 'go on';
        },
      });
    } finally {
      take(filter.end());
    }
  }

  private async send(
    fit: Fit & { readonly fits: true },
    { purpose, format, tools, options }: TurnQuestion,
    more: Pick<ModelCall, 'stop' | 'onPiece'>,
  ): Promise<ModelAnswer> {
    const { input, progress } = this;
    const { model, options: own } = input.agent;
    const noted = this.note(fit);
    const answer = await this.caller.call(
      {
        purpose,
        experimentId: input.experimentId,
        conversationId: input.conversationId,
        model,
        messages: fit.messages,
        options: { seed: input.seed, ...own, ...options },
        ...(format ? { format } : {}),
        ...(tools ? { tools } : {}),
        ...more,
        signal: input.signal,
      },
      progress.calls,
    );
    const counted = progress.calls.at(-1)?.promptTokens ?? 0;
    if (wasCut(counted, fit.tokens, this.context.numCtx)) {
      progress.context = { ...noted, cut_by_ollama: true };
    } else {
      this.estimates.learn(model, fit.messages, tools, counted);
    }
    return answer;
  }

  private fittedOrThrow(question: TurnQuestion): Fit & { readonly fits: true } {
    const fit = this.fitted(question);
    if (!fit.fits) {
      throw this.overflow(fit.tokens);
    }
    return fit;
  }

  private fitted({ form, tools, tail = [] }: TurnQuestion): Fit {
    const { agent, history, view, turnTask, contextPolicy, ...rest } = this.input;
    const heard = hearThrough(view ?? agent.history, history, agent.name).filter(
      ({ text }) => text.trim() !== '',
    );
    const { instruction } = turnTask;
    const said = {
      ...rest,
      agent,
      ...(instruction === undefined ? {} : { instruction }),
      ...(form ? { form } : {}),
    };
    return fitHistory(
      heard,
      (kept) => [...buildPrompt({ ...said, history: kept }), ...tail],
      (messages) => this.estimates.estimate(agent.model, messages, tools),
      promptRoom(this.context),
      contextPolicy === 'drop_oldest',
    );
  }

  /** Keeps what was left out of the prompt that lost most. */
  private note({ tokens, droppedMessages, droppedTokens }: Fit & { readonly fits: true }): ContextUse {
    const { progress } = this;
    const before = progress.context;
    const use: ContextUse = {
      estimated_tokens: tokens,
      num_ctx: this.context.numCtx,
      dropped_messages: droppedMessages,
      dropped_tokens: droppedTokens,
      cut_by_ollama: before?.cut_by_ollama ?? false,
    };
    if (droppedMessages > (before?.dropped_messages ?? 0)) {
      progress.context = use;
    }
    return before !== null && before.dropped_messages >= droppedMessages ? before : use;
  }

  private overflow(tokens: number): ModelCallError {
    const { context, input } = this;
    const room = promptRoom(context);
    const { model, name } = input.agent;
    const what =
      input.contextPolicy === 'fail'
        ? `The prompt of ${name} has about ${tokens} tokens`
        : `Even without older messages the prompt of ${name} has about ${tokens} tokens`;
    return new ModelCallError(
      'CONTEXT_OVERFLOW',
      `${what}, but of the ${context.numCtx} of ${model} it may use ${room}; the rest is for the answer. Raise num_ctx, lower num_predict, or shorten the prompt.`,
    );
  }
}
