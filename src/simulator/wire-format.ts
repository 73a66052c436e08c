import { ChatCall } from './chat-request';
import { JsonObject } from './input';
import { Reply, ReplyPart, ToolCall } from './reply';

/** Where the time of an answer went, in milliseconds. */
export interface Timings {
  totalMs: number;
  loadMs: number;
  promptMs: number;
  evalMs: number;
}

function envelope({ requestedModel }: ChatCall): JsonObject {
  return { model: requestedModel, created_at: new Date().toISOString() };
}

/** The fields that carry text: `message` for chat, `response` for generate. Empty ones are left out, except the content. */
function payload(
  call: ChatCall,
  content: string,
  thinking: string,
  toolCalls: readonly ToolCall[],
): JsonObject {
  const extra = {
    ...(thinking === '' ? {} : { thinking }),
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
  };
  return call.kind === 'chat'
    ? { message: { role: 'assistant', content, ...extra } }
    : { response: content, ...extra };
}

/** One object of the stream. */
export function partObject(call: ChatCall, { content, thinking, toolCalls }: ReplyPart): JsonObject {
  return { ...envelope(call), ...payload(call, content ?? '', thinking ?? '', toolCalls ?? []), done: false };
}

/** The last object of a stream. */
export function finalObject(call: ChatCall, reply: Reply, timings: Timings): JsonObject {
  return {
    ...envelope(call),
    ...payload(call, '', '', reply.finalToolCalls),
    ...ending(call, reply, timings),
  };
}

/** The only object without streaming: all text and all numbers. */
export function wholeObject(call: ChatCall, reply: Reply, timings: Timings): JsonObject {
  const thinking = reply.parts.map((part) => part.thinking ?? '').join('');
  const content = reply.parts.map((part) => part.content ?? '').join('');
  const toolCalls = [...reply.parts.flatMap((part) => part.toolCalls ?? []), ...reply.finalToolCalls];
  return {
    ...envelope(call),
    ...payload(call, content, thinking, toolCalls),
    ...ending(call, reply, timings),
  };
}

/** The answer to a request that only loads or unloads the model. */
export function loadObject(call: ChatCall, doneReason: 'load' | 'unload'): JsonObject {
  return { ...envelope(call), ...payload(call, '', '', []), done: true, done_reason: doneReason };
}

function ending(call: ChatCall, reply: Reply, { totalMs, loadMs, promptMs, evalMs }: Timings): JsonObject {
  const numbers = {
    total_duration: nanoseconds(totalMs),
    load_duration: nanoseconds(loadMs),
    prompt_eval_count: reply.promptTokens,
    prompt_eval_duration: nanoseconds(promptMs),
    eval_count: reply.evalTokens,
    eval_duration: nanoseconds(evalMs),
  };
  const present = Object.entries(numbers).filter(([, value]) => value !== 0);
  return {
    done: true,
    done_reason: reply.doneReason,
    ...(call.kind === 'generate' && !call.raw ? { context: contextIds(reply) } : {}),
    ...Object.fromEntries(present),
  };
}

function nanoseconds(ms: number): number {
  return Math.round(ms * 1e6);
}

/** Token ids that stand for the conversation so far; their number is what a client can rely on. */
function contextIds({ promptTokens, evalTokens }: Reply): number[] {
  return Array.from(
    { length: Math.min(promptTokens + evalTokens, 8192) },
    (_, index) => 128_000 + (index % 997),
  );
}
