import { errorFromLine, ModelCallError } from './model-call-error';

/** What Ollama measured, from the closing line. Milliseconds; zeros are left out on the wire. */
export interface ChatMetrics {
  readonly doneReason: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly loadMs: number;
  readonly promptMs: number;
  readonly generateMs: number;
}

/** A piece of an answer; `metrics` stands on the last one only. */
export interface ChatPiece {
  readonly text: string;
  readonly thinking: string;
  readonly toolCalls: readonly ToolCall[];
  readonly metrics: ChatMetrics | null;
}

export interface ToolCall {
  /** Null from an older Ollama. */
  readonly id: string | null;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** A line of the stream as Ollama sends it; nothing in it can be relied on. */
interface ChatLine {
  readonly error?: unknown;
  readonly done?: unknown;
  readonly done_reason?: string;
  readonly message?: {
    readonly content?: unknown;
    readonly thinking?: unknown;
    readonly tool_calls?: unknown;
  };
  readonly prompt_eval_count?: number;
  readonly eval_count?: number;
  readonly load_duration?: number;
  readonly prompt_eval_duration?: number;
  readonly eval_duration?: number;
}

/**
 * Reads one line of a chat stream.
 * @throws ModelCallError BAD_STREAM for anything that is not a chat line; the fault that an error line tells of
 */
export function parseChatLine(line: string): ChatPiece {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    throw new ModelCallError('BAD_STREAM', 'A line of the answer is not JSON.', { cause: error });
  }
  if (!isObject(parsed)) {
    throw badShape();
  }
  const chat = parsed as ChatLine;
  if (!isAbsent(chat.error)) {
    throw errorFromLine(typeof chat.error === 'string' ? chat.error : JSON.stringify(chat.error));
  }
  if (!isObject(chat.message) || !(isAbsent(chat.done) || typeof chat.done === 'boolean')) {
    throw badShape();
  }
  return {
    text: textOf(chat.message.content),
    thinking: textOf(chat.message.thinking),
    toolCalls: toolCallsOf(chat.message.tool_calls),
    metrics: chat.done === true ? metricsOf(chat) : null,
  };
}

function badShape(): ModelCallError {
  return new ModelCallError('BAD_STREAM', 'A line of the answer does not have the shape of a chat answer.');
}

/** Go leaves out what is empty, or writes null. */
function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  if (isAbsent(value)) {
    return '';
  }
  if (typeof value !== 'string') {
    throw badShape();
  }
  return value;
}

function toolCallsOf(value: unknown): ToolCall[] {
  if (isAbsent(value)) {
    return [];
  }
  if (!Array.isArray(value)) {
    throw badShape();
  }
  return value.map((call: { id?: unknown; function?: { name?: unknown; arguments?: unknown } } | null) => {
    const { name, arguments: args } = call?.function ?? {};
    if (typeof name !== 'string' || !isObject(args)) {
      throw badShape();
    }
    const id = typeof call?.id === 'string' ? call.id : null;
    return { id, name, arguments: args as Record<string, unknown> };
  });
}

function metricsOf(line: ChatLine): ChatMetrics {
  const milliseconds = (nanoseconds: unknown) => count(nanoseconds) / 1e6;
  return {
    doneReason: typeof line.done_reason === 'string' ? line.done_reason : 'stop',
    promptTokens: count(line.prompt_eval_count),
    completionTokens: count(line.eval_count),
    loadMs: milliseconds(line.load_duration),
    promptMs: milliseconds(line.prompt_eval_duration),
    generateMs: milliseconds(line.eval_duration),
  };
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** Two pieces in a row as one. */
export function joinPieces(a: ChatPiece, b: ChatPiece): ChatPiece {
  return {
    text: a.text + b.text,
    thinking: a.thinking + b.thinking,
    toolCalls: [...a.toolCalls, ...b.toolCalls],
    metrics: b.metrics ?? a.metrics,
  };
}
