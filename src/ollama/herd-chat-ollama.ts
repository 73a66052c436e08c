import { randomUUID } from 'node:crypto';
import { type CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { type ChatModelStreamEvent } from '@langchain/core/language_models/event';
import { AIMessage, AIMessageChunk, type BaseMessage, ToolMessage } from '@langchain/core/messages';
import { ChatGenerationChunk } from '@langchain/core/outputs';
import { ChatOllama, type ChatOllamaInput } from '@langchain/ollama';
import { type ChatMetrics, type ChatPiece, type ToolCall } from './chat-line';
import { type ChatStreamOptions, streamChat } from './chat-stream';
import { type OllamaHttp } from './ollama-http';
import { type Think } from './sampling-options';

export interface HerdChatOllamaInput extends Omit<
  ChatOllamaInput,
  'baseUrl' | 'fetch' | 'headers' | 'think'
> {
  readonly think?: Think | undefined;
  readonly minP?: number | undefined;
  readonly http: OllamaHttp;
  readonly stream: Omit<ChatStreamOptions, 'signal'>;
}

/**
 * LangChain's chat model for Ollama with its way to the server replaced. The library's own skips garbage lines
 * silently, waits for ever, keeps the connection open after an abort and stops all streams of an instance at once
 * (ollama-wire §12). This one checks every line, watches the clocks and closes the connection when it is left.
 */
export class HerdChatOllama extends ChatOllama {
  private readonly http: OllamaHttp;
  private readonly streamOptions: Omit<ChatStreamOptions, 'signal'>;
  private readonly thinkLevel: Think | undefined;
  private readonly minP: number | undefined;

  constructor({ http, stream, think, minP, ...fields }: HerdChatOllamaInput) {
    super({ ...fields, baseUrl: http.address });
    this.http = http;
    this.streamOptions = stream;
    this.thinkLevel = think;
    this.minP = minP;
  }

  override invocationParams(options?: this['ParsedCallOptions']): ReturnType<ChatOllama['invocationParams']> {
    const params = super.invocationParams(options);
    return {
      ...params,
      // The type knows three levels; Ollama takes `max` too.
      think: this.thinkLevel as Exclude<Think, 'max'>,
      options: { ...params.options, ...(this.minP === undefined ? {} : { min_p: this.minP }) },
    };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const body = { ...this.invocationParams(options), messages: messages.map(toWire), stream: true };
    let toolCalls = 0;
    for await (const piece of streamChat(this.http, body, {
      ...this.streamOptions,
      signal: options.signal,
    })) {
      const chunk = toChunk(piece, toolCalls);
      toolCalls += piece.toolCalls.length;
      yield chunk;
      await runManager?.handleLLMNewToken(piece.text, undefined, undefined, undefined, undefined, { chunk });
    }
  }

  /** The library's own would go round the above. */
  override _streamChatModelEvents(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatModelStreamEvent> {
    return BaseChatModel.prototype._streamChatModelEvents.call(this, messages, options, runManager);
  }
}

const ROLES: Readonly<Record<string, string>> = {
  system: 'system',
  human: 'user',
  ai: 'assistant',
  tool: 'tool',
};

/** A message as Ollama takes it (ollama-wire §3): arguments of tools are objects, not texts. */
interface WireMessage {
  readonly role: string;
  readonly content: string;
  readonly tool_calls?: readonly unknown[];
  readonly tool_name?: string;
  readonly tool_call_id?: string;
}

function toWire(message: BaseMessage): WireMessage {
  const role = ROLES[message.getType()];
  if (role === undefined) {
    throw new TypeError(`Messages of type ${message.getType()} are not supported.`);
  }
  const plain = { role, content: message.text };
  if (message instanceof AIMessage && (message.tool_calls ?? []).length > 0) {
    const calls = message.tool_calls ?? [];
    return {
      ...plain,
      tool_calls: calls.map(({ id, name, args }, index) => ({
        id,
        function: { index, name, arguments: args },
      })),
    };
  }
  return message instanceof ToolMessage
    ? { ...plain, tool_name: message.name ?? '', tool_call_id: message.tool_call_id }
    : plain;
}

/** A chunk whose text costs nothing to read: the library translates its content into blocks and back each time. */
class PieceMessage extends AIMessageChunk {
  override get text(): string {
    return typeof this.content === 'string' ? this.content : super.text;
  }
}

/** @param toolCallsBefore how many came with earlier pieces: LangChain joins calls with the same index, and drops those without id */
function toChunk(piece: ChatPiece, toolCallsBefore: number): ChatGenerationChunk {
  const message = new PieceMessage(isPlainText(piece) ? piece.text : messageFields(piece, toolCallsBefore));
  return new ChatGenerationChunk({ text: piece.text, message });
}

/** Most pieces are; the library makes their message of the text alone ten times faster than of fields. */
function isPlainText({ thinking, toolCalls, metrics }: ChatPiece): boolean {
  return thinking === '' && toolCalls.length === 0 && metrics === null;
}

function messageFields(piece: ChatPiece, toolCallsBefore: number) {
  return {
    content: piece.text,
    additional_kwargs: piece.thinking === '' ? {} : { reasoning_content: piece.thinking },
    tool_call_chunks: piece.toolCalls.map((call, index) => ({
      id: call.id ?? randomUUID(),
      name: call.name,
      args: JSON.stringify(call.arguments),
      type: 'tool_call_chunk' as const,
      index: toolCallsBefore + index,
    })),
    response_metadata: piece.metrics ? { model_provider: 'ollama', metrics: piece.metrics } : {},
    ...(piece.metrics ? { usage_metadata: usageOf(piece.metrics) } : {}),
  };
}

function usageOf({ promptTokens, completionTokens }: ChatMetrics) {
  return {
    input_tokens: promptTokens,
    output_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

/** What Ollama measured, when this is the last chunk of an answer. */
export function metricsOf(chunk: AIMessageChunk): ChatMetrics | null {
  return (chunk.response_metadata as { metrics?: ChatMetrics }).metrics ?? null;
}

/** What the model thought in this chunk. */
export function thinkingOf(chunk: AIMessageChunk): string {
  const thinking = chunk.additional_kwargs['reasoning_content'];
  return typeof thinking === 'string' ? thinking : '';
}

/** Tools that the model called in this chunk. */
export function toolCallsOf(chunk: AIMessageChunk): ToolCall[] {
  return (chunk.tool_calls ?? []).map(({ id, name, args }) => ({ id: id ?? null, name, arguments: args }));
}
