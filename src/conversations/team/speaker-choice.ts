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
