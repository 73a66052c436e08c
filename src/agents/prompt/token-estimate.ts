import { type ChatMessage, type ChatTool } from '../../ollama/chat-message';
import { fullModelName } from '../../ollama/model-name';

/** Tokens that a chat template puts around each message. */
const TOKENS_PER_MESSAGE = 4;

/** Tokens of one UTF-16 unit, by script, for a model of which nothing has been counted yet. */
const LATIN = 1 / 4;
const OTHER_ALPHABETS = 1 / 2;
const IDEOGRAPHS = 1;

/** Where Latin ends, and where scripts begin of which a character is about a token (Chinese, Japanese, Korean; emoji, too). */
const LATIN_END = 0x0250;
const IDEOGRAPHS_BEGIN = 0x2e80;

/** Counts below this say more about the chat template than about the text. */
const LEAST_COUNTED = 20;

/** A count is right within this; else it is of a prompt that was cut, or of the part of it that was not cached (Ollama 0.30). */
const LEAST_FACTOR = 0.4;
const MOST_FACTOR = 4;

/** How far a new count moves the factor: a high one is sure, a low one may come of the prompt cache. */
const UP = 0.5;
const DOWN = 0.1;

/** Tokens of a prompt for a model that is not known, by its characters. */
export function roughTokens(messages: readonly ChatMessage[], tools: readonly ChatTool[] = []): number {
  const offered = tools.length === 0 ? 0 : tokensOf(JSON.stringify(tools));
  return Math.ceil(
    messages.reduce((sum, { content }) => sum + TOKENS_PER_MESSAGE + tokensOf(content), offered),
  );
}

/** Finds whether there is anything to count one by one: in most texts there is not. */
const OTHER_THAN_LATIN = /[\u0250-\uffff]/;

function tokensOf(text: string): number {
  if (!OTHER_THAN_LATIN.test(text)) {
    return text.length * LATIN;
  }
  let tokens = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    tokens += unit < LATIN_END ? LATIN : unit < IDEOGRAPHS_BEGIN ? OTHER_ALPHABETS : IDEOGRAPHS;
  }
  return tokens;
}

/** Estimates the tokens of prompts, the better the more a model has counted. In memory: a few calls teach it all again. */
export class TokenEstimates {
  /** Tokens counted for each token estimated, by model. */
  private readonly factors = new Map<string, number>();

  estimate(model: string, messages: readonly ChatMessage[], tools?: readonly ChatTool[]): number {
    return Math.ceil(roughTokens(messages, tools) * this.factor(model));
  }

  /**
   * Hears what a model counted in a prompt that it got as a whole. `prompt_eval_count` includes what came from the prompt cache
   * (not so in Ollama 0.30.0 and before 0.2), so low counts are heard with doubt.
   */
  learn(
    model: string,
    prompt: readonly ChatMessage[],
    tools: readonly ChatTool[] | undefined,
    counted: number,
  ): void {
    const factor = this.factor(model);
    const seen = counted / roughTokens(prompt, tools);
    if (counted < LEAST_COUNTED || seen < Math.max(LEAST_FACTOR, factor / 2) || seen > MOST_FACTOR) {
      return;
    }
    this.factors.set(fullModelName(model), factor + (seen - factor) * (seen > factor ? UP : DOWN));
  }

  private factor(model: string): number {
    return this.factors.get(fullModelName(model)) ?? 1;
  }
}
