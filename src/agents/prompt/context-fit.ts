import { type ChatMessage } from '../../ollama/chat-message';

/** Tokens that a call has to do with. */
export interface Sizes {
  /** Context window: prompt and answer together. */
  readonly numCtx: number;
  /** Most tokens of the answer. */
  readonly numPredict: number;
}

/** A prompt that fits, or why none does. */
export type Fit =
  | {
      readonly fits: true;
      readonly messages: readonly ChatMessage[];
      readonly tokens: number;
      readonly droppedMessages: number;
      readonly droppedTokens: number;
    }
  /** `tokens` = those of the shortest prompt that was allowed. */
  | { readonly fits: false; readonly tokens: number };

/** Part of the window that is kept free for the answer at most: a long `num_predict` must not push out what was said. */
const ANSWER_SHARE = 1 / 4;

/** Ollama fills about half of the window when it cuts out the middle of a prompt, and more when it drops messages. */
const LEAST_CUT_SHARE = 0.4;
/** How far an estimate may be above the truth. */
const ESTIMATE_ERROR = 0.7;
/** A prompt that fills the window to this was cut to fit: there is always room for an answer in those that are sent. */
const FULL_SHARE = 0.98;

/** Most tokens of a prompt, so that there is room for an answer: `num_predict`, or a quarter of the window if that is less. */
export function promptRoom({ numCtx, numPredict }: Sizes): number {
  return numCtx - Math.min(numPredict, Math.floor(numCtx * ANSWER_SHARE));
}

/**
 * Makes a prompt fit by leaving out the oldest messages of the history, as few as possible. The last message always stays, and so
 * does what `build` adds on its own: system message, task, instruction.
 */
export function fitHistory<T>(
  history: readonly T[],
  build: (history: readonly T[]) => readonly ChatMessage[],
  estimate: (messages: readonly ChatMessage[]) => number,
  room: number,
  mayDrop: boolean,
): Fit {
  const attempt = (dropped: number) => {
    const messages = build(history.slice(dropped));
    return { messages, tokens: estimate(messages), dropped };
  };
  const whole = attempt(0);
  if (whole.tokens <= room) {
    return { fits: true, ...whole, droppedMessages: 0, droppedTokens: 0 };
  }
  const most = mayDrop ? Math.max(history.length - 1, 0) : 0;
  let best = most === 0 ? whole : attempt(most);
  if (best.tokens > room) {
    return { fits: false, tokens: best.tokens };
  }
  // Every message that goes makes the prompt shorter, so the fewest can be searched by halves.
  let tooFew = 0;
  while (best.dropped - tooFew > 1) {
    const middle = attempt(Math.floor((tooFew + best.dropped) / 2));
    if (middle.tokens <= room) {
      best = middle;
    } else {
      tooFew = middle.dropped;
    }
  }
  const { messages, tokens, dropped } = best;
  return { fits: true, messages, tokens, droppedMessages: dropped, droppedTokens: whole.tokens - tokens };
}

/**
 * Whether what Ollama counted shows that it cut a prompt by itself: the window is full, or far less arrived than was sent although
 * it fills a good part of the window. Counts below that are of models whose tokens are long, or leave out what was cached.
 */
export function wasCut(counted: number, estimated: number, numCtx: number): boolean {
  return (
    counted >= numCtx * FULL_SHARE ||
    (counted >= numCtx * LEAST_CUT_SHARE && counted <= estimated * ESTIMATE_ERROR)
  );
}
