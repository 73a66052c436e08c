/** How the speaker of a turn was chosen: stored with the turn and told in `turn.started`. */
export interface SpeakerChoice {
  /** Rule that named the speaker. */
  readonly method: ChoiceMethod;
  /** Names that were allowed to speak. */
  readonly candidates: readonly string[];
  /** Calls of the model that chose; 0 when none was needed. */
  readonly attempts: number;
  /** Its last raw answer. */
  readonly raw: string | null;
  /** Tokens of all these calls. */
  readonly tokens: number;
  /** What a magentic manager found before it chose. */
  readonly ledger?: LedgerVerdict;
  /** What of the question to the model did not fit into its context; left out when it fitted. */
  readonly context?: QuestionContext;
  /** In a nested team: how the teams around it were chosen, from the outermost. */
  readonly via?: readonly SpeakerChoice[];
}

/**
 * `single` = there is but one agent; `only_candidate` = nobody else may speak; `fallback` = the model that chooses gave no
 * usable answer; `after_reply` = the speaker before handed nothing over; `step` = the team has them speak side by side;
 * `vote` = a panel has them vote; `manager` = the plan or the last word of a magentic manager.
 */
export type ChoiceMethod =
  | 'single'
  | 'round_robin'
  | 'only_candidate'
  | 'selector'
  | 'fallback'
  | 'random'
  | 'first'
  | 'handoff'
  | 'after_reply'
  | 'edge'
  | 'ledger'
  | 'manager'
  | 'step'
  | 'vote';

/** A question that did not fit into the context of its model as it was. */
export interface QuestionContext {
  /** Tokens of the question as it was sent, as estimated before. */
  readonly estimated_tokens: number;
  /** Tokens that the context holds. */
  readonly num_ctx: number;
  /** Characters of what was said that it was shortened to. */
  readonly history_characters: number;
  /** Whether Ollama's own count shows that it cut the question on top of that. */
  readonly cut_by_ollama: boolean;
}

/** A magentic manager's view of where the work stands. */
export interface LedgerVerdict {
  readonly satisfied: boolean;
  readonly in_loop: boolean;
  readonly progress: boolean;
  /** What the next speaker is asked to do. */
  readonly instruction: string;
}

/** A choice that no model was asked for. */
export function knownChoice(method: ChoiceMethod, candidates: readonly string[]): SpeakerChoice {
  return { method, candidates, attempts: 0, raw: null, tokens: 0 };
}
