import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import {
  AIMessage,
  type AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { DomainError } from '../common/errors/domain-error';
import { type ErrorCode } from '../common/errors/error-codes';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { CallScheduler, type CallSlot } from './call-scheduler';
import { type ChatMetrics, type ToolCall } from './chat-line';
import { type ChatMessage, type ChatTool } from './chat-message';
import { type CallSizes, ChatModelFactory } from './chat-model.factory';
import { type HerdChatOllama, metricsOf, thinkingOf, toolCallsOf } from './herd-chat-ollama';
import { isFaultOfServer, mayRetryRequest } from './model-call-error';
import { ModelFactsReader } from './model-facts';
import { type OllamaServer } from './ollama-servers';
import { type SamplingOptions } from './sampling-options';

/**
 * What a call is for: a turn of an agent, the choice of a speaker, a manager's ledger, the question whether an agent hands over,
 * or another try at an answer that does not fit its form.
 */
export type CallPurpose = 'reply' | 'selector' | 'ledger' | 'handoff' | 'repair';

export interface ModelCall {
  readonly purpose: CallPurpose;
  readonly experimentId: string;
  readonly conversationId: string;
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly options: SamplingOptions;
  /** Stop sequences, given those of the model itself, which a request that has its own replaces. */
  readonly stop?: (modelStops: readonly string[]) => readonly string[];
  /** JSON schema that the answer is constrained to. */
  readonly format?: Readonly<Record<string, unknown>>;
  /** Tools that the model may call; one without that ability refuses the call. */
  readonly tools?: readonly ChatTool[];
  readonly signal: AbortSignal;
  /** Hears the answer as it comes. Giving `stop` ends the call well with what there is. */
  readonly onPiece?: (piece: { readonly text: string; readonly thinking: string }) => 'stop' | 'go on';
}

/** What is remembered of each request that a call made. */
export interface ModelCallRecord {
  readonly purpose: ModelCall['purpose'];
  readonly model: string;
  readonly modelDigest: string | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly requestHash: string;
  readonly outcome: ErrorCode | 'ok';
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly queueMs: number;
  readonly loadMs: number;
  readonly promptMs: number;
  readonly generateMs: number;
  readonly totalMs: number;
  readonly startedAt: string;
}

export interface ModelAnswer {
  readonly text: string;
  /** Why the model stopped: `stop`, `length`, or `cut` when we ended it. */
  readonly doneReason: string;
  /** Tools that the model called, in order. */
  readonly toolCalls: readonly ToolCall[];
}

/** What a call to a model may count on. */
export interface ModelContext extends CallSizes {
  /** Null where Ollama could not say. */
  readonly canUseTools: boolean | null;
}

/** One request as it goes to the model. */
interface Request {
  readonly chat: HerdChatOllama;
  readonly messages: BaseMessage[];
  readonly callOptions: { readonly stop: string[]; readonly tools?: WireTool[] };
  readonly modelDigest: string | null;
  readonly sent: { readonly options: Record<string, unknown>; readonly hash: string };
}

/** A tool as Ollama takes it. */
interface WireTool {
  readonly type: 'function';
  readonly function: ChatTool;
}

/** Servers that one call may try, one after the other, because the one before could not be reached or lacks the model. */
const MAX_MOVES = 16;

/** Calls a model: waits for a slot, sends, streams, and tries again where Ollama had not taken the call up. */
@Injectable()
export class ModelCaller {
  private readonly logger = new Logger(ModelCaller.name);

  constructor(
    private readonly scheduler: CallScheduler,
    private readonly factory: ChatModelFactory,
    private readonly facts: ModelFactsReader,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /**
   * What a call with these options may count on. The window may be larger by the time of the call, never smaller.
   * @throws the reason of the signal when it is aborted
   */
  async contextOf(model: string, options: SamplingOptions, signal: AbortSignal): Promise<ModelContext> {
    const facts = await this.facts.read(model, signal);
    return { ...this.factory.sizesFor(model, options, facts), canUseTools: facts.canUseTools };
  }

  /**
   * @param records gets an entry for each request made, failed ones included
   * @throws ModelCallError; or the reason of the signal when it was aborted
   */
  async call(call: ModelCall, records: ModelCallRecord[]): Promise<ModelAnswer> {
    const tries = this.settings.ollamaRequestTries;
    let moves = 0;
    for (let attempt = 1; ; attempt += 1) {
      const queuedAt = performance.now();
      try {
        return await this.scheduler.run(call, (slot) =>
          this.request(call, slot, performance.now() - queuedAt, records),
        );
      } catch (error) {
        call.signal.throwIfAborted();
        if (moves < MAX_MOVES && isFaultOfServer(error) && this.scheduler.canServe(call.model)) {
          moves += 1;
          attempt -= 1;
          continue;
        }
        if (attempt >= tries || !mayRetryRequest(error)) {
          throw error;
        }
        this.logger.warn('a call to Ollama is tried again', {
          code: error.code,
          attempt,
          experiment_id: call.experimentId,
          conversation_id: call.conversationId,
          model: call.model,
        });
      }
      await this.backOff(attempt, call.signal);
    }
  }

  /** 1, 2, 4, … times the setting, with jitter, so that many waiting calls do not come back in step. */
  private async backOff(attempt: number, signal: AbortSignal): Promise<void> {
    const ms =
      this.settings.ollamaRetryBackoffSeconds * 1000 * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
    await wait(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  private async request(
    call: ModelCall,
    { server, report }: CallSlot,
    queueMs: number,
    records: ModelCallRecord[],
  ): Promise<ModelAnswer> {
    const request = await this.prepare(call, server);
    const startedAt = new Date().toISOString();
    const start = performance.now();
    const record = (outcome: ErrorCode | 'ok', metrics: ChatMetrics | null) =>
      records.push({
        purpose: call.purpose,
        model: call.model,
        modelDigest: request.modelDigest,
        options: request.sent.options,
        requestHash: request.sent.hash,
        outcome,
        promptTokens: metrics?.promptTokens ?? 0,
        completionTokens: metrics?.completionTokens ?? 0,
        queueMs,
        loadMs: metrics?.loadMs ?? 0,
        promptMs: metrics?.promptMs ?? 0,
        generateMs: metrics?.generateMs ?? 0,
        totalMs: performance.now() - start,
        startedAt,
      });
    try {
      const { answer, metrics } = await this.stream(call, request);
      record('ok', metrics);
      if (metrics) {
        report(metrics);
      }
      return answer;
    } catch (error) {
      record(error instanceof DomainError ? error.code : 'INTERNAL_ERROR', null);
      throw error;
    }
  }

  private async prepare(call: ModelCall, { http }: OllamaServer): Promise<Request> {
    const facts = await this.facts.read(call.model, call.signal);
    call.signal.throwIfAborted();
    const chat = this.factory.create(http, call.model, call.options, facts, call.format);
    const stop = [...(call.stop?.(facts.stops) ?? [])];
    const tools = call.tools?.map((tool): WireTool => ({ type: 'function', function: tool }));
    const callOptions = { stop, ...(tools ? { tools } : {}) };
    const params = chat.invocationParams(callOptions);
    const { model, options, ...rest } = params;
    const sent = JSON.parse(JSON.stringify({ ...options, ...rest })) as Record<string, unknown>;
    const hash = createHash('sha256').update(JSON.stringify({ model, sent, messages: call.messages }));
    return {
      chat,
      messages: call.messages.map(toLangChain),
      callOptions,
      modelDigest: facts.digest,
      sent: { options: sent, hash: hash.digest('hex') },
    };
  }

  private async stream(
    call: ModelCall,
    { chat, messages, callOptions }: Request,
  ): Promise<{ answer: ModelAnswer; metrics: ChatMetrics | null }> {
    call.signal.throwIfAborted();
    const closing = new AbortController();
    const close = () => closing.abort(call.signal.reason);
    call.signal.addEventListener('abort', close, { once: true });
    let text = '';
    const toolCalls: ToolCall[] = [];
    let metrics: ChatMetrics | null = null;
    let isCut = false;
    try {
      const chunks = await chat.stream(messages, { signal: closing.signal, ...callOptions });
      for await (const chunk of chunks as AsyncIterable<AIMessageChunk>) {
        text += chunk.text;
        toolCalls.push(...toolCallsOf(chunk));
        metrics = metricsOf(chunk) ?? metrics;
        isCut = tell(call, chunk, closing) === 'stop' && !metrics;
        if (isCut) {
          closing.abort(new Error('the answer is cut'));
          break;
        }
      }
    } catch (error) {
      // What the stream says after it was cut does not count.
      if (!isCut) {
        throw error;
      }
    } finally {
      call.signal.removeEventListener('abort', close);
      closing.abort(new Error('the answer is complete'));
    }
    const doneReason = isCut ? 'cut' : (metrics?.doneReason ?? 'stop');
    return { answer: { text, doneReason, toolCalls }, metrics };
  }
}

/** A failing listener closes at once too: leaving the loop alone waits until the model has said something more. */
function tell({ onPiece }: ModelCall, chunk: AIMessageChunk, closing: AbortController): 'stop' | 'go on' {
  try {
    return onPiece?.({ text: chunk.text, thinking: thinkingOf(chunk) }) ?? 'go on';
  } catch (error) {
    closing.abort(error);
    throw error;
  }
}

function toLangChain({ role, content, toolCalls = [], answers }: ChatMessage): BaseMessage {
  switch (role) {
    case 'system':
      return new SystemMessage(content);
    case 'user':
      return new HumanMessage(content);
    case 'assistant':
      return new AIMessage({
        content,
        tool_calls: toolCalls.map(({ id, name, arguments: args }) => ({ id: id ?? name, name, args })),
      });
    case 'tool':
      return new ToolMessage({
        content,
        name: answers?.name ?? '',
        tool_call_id: answers?.id ?? answers?.name ?? '',
      });
  }
}
