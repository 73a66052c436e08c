/** What did not fit into the context of a model. Nothing is ever cut without such a note. */
export interface ContextUse {
  /** Tokens of the prompt as it was sent, as estimated before. */
  readonly estimated_tokens: number;
  /** Tokens that the model's context holds, those of the answer included. */
  readonly num_ctx: number;
  /** Messages that were left out, the oldest first. */
  readonly dropped_messages: number;
  /** Estimated tokens of those. */
  readonly dropped_tokens: number;
  /** Whether Ollama's own count shows that it cut the prompt on top of that. */
  readonly cut_by_ollama: boolean;
}
