import { ChatCall } from './chat-request';
import { PromptMessage } from './matching';
import { OllamaError } from './ollama-error';
import { Runner } from './scheduler';

const CHARACTERS_PER_TOKEN = 4;
/** What a chat template adds around each message. */
const TOKENS_PER_MESSAGE = 4;

/** A rough count, good enough for numbers that only have to be plausible. */
export function estimateTokens(messages: readonly PromptMessage[]): number {
  return messages.reduce(
    (sum, { content }) => sum + TOKENS_PER_MESSAGE + Math.ceil(content.length / CHARACTERS_PER_TOKEN),
    0,
  );
}

/** The part of the conversation the model sees, and its length. */
export interface FittedPrompt {
  messages: PromptMessage[];
  tokens: number;
}

/**
 * Makes the prompt fit the window as Ollama does, without a word to the client: whole messages go, the oldest first; system
 * messages and the last message stay; is that still too long, the middle of the text is cut.
 */
export function fitPrompt({ messages, load: { numCtx }, truncate, shift }: ChatCall): FittedPrompt {
  const whole = estimateTokens(messages);
  if (whole <= numCtx) {
    return { messages, tokens: whole };
  }
  if (!truncate) {
    throw new OllamaError(400, contextOverflowText(whole, numCtx));
  }
  const kept = [...messages];
  let tokens = whole;
  while (tokens > numCtx) {
    const oldest = kept.findIndex(({ role }, index) => role !== 'system' && index < kept.length - 1);
    if (oldest === -1) {
      break;
    }
    tokens -= estimateTokens(kept.splice(oldest, 1));
  }
  if (tokens > numCtx && !shift) {
    throw new OllamaError(
      400,
      'the prompt is longer than the context length currently available to the model; shorten it or raise num_ctx',
    );
  }
  return { messages: kept, tokens: tokens <= numCtx ? tokens : Math.max(1, Math.ceil(numCtx / 2)) };
}

/** The error text of the model process: JSON inside the text of `error`. */
export function contextOverflowText(tokens: number, numCtx: number): string {
  const message = `request (${tokens} tokens) exceeds the available context size (${numCtx} tokens), try increasing it`;
  const type = 'exceed_context_size_error';
  return JSON.stringify({ error: { code: 400, message, type, n_prompt_tokens: tokens, n_ctx: numCtx } });
}

/** The prompt as one text, to compare it with what a slot has seen. */
export function promptText(messages: readonly PromptMessage[]): string {
  return messages.map(({ role, content }) => `${role}\n${content}\n`).join('');
}

function commonStart(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let length = 0;
  while (length < shorter && a.charCodeAt(length) === b.charCodeAt(length)) {
    length += 1;
  }
  return length;
}

/** Takes the slot whose last prompt begins most like this one; gives the number of tokens that need no reading. */
export function takeCachedTokens(runner: Runner, text: string): number {
  const lengths = runner.promptCache.map((cached) => commonStart(cached, text));
  const longest = Math.max(0, ...lengths);
  if (longest > 0) {
    runner.promptCache.splice(lengths.indexOf(longest), 1);
  }
  return Math.floor(longest / CHARACTERS_PER_TOKEN);
}

/** Remembers what a slot has seen, its own answer included. */
export function rememberPrompt(runner: Runner, text: string, slots: number): void {
  runner.promptCache.unshift(text);
  runner.promptCache.splice(slots);
}
