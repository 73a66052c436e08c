/** How the speaker of a turn was chosen: stored with the turn and told in `turn.started`. */
export interface SpeakerChoice {
  /** Rule that named the speaker; `fallback` when the selector model gave no usable answer. */
  readonly method: 'single' | 'round_robin' | 'only_candidate' | 'selector' | 'fallback';
  /** Names that were allowed to speak. */
  readonly candidates: readonly string[];
  /** Calls of the selector model; 0 when none was needed. */
  readonly attempts: number;
  /** Last raw answer of the selector model. */
  readonly raw: string | null;
  /** Tokens of all calls of the selector model. */
  readonly tokens: number;
}
