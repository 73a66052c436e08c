import { type StopLeaf } from './definition/stop-rule';

/** Why a team ended by what it is, not by a stop rule. */
export interface EngineEnd {
  /**
   * `graph_complete` = no node is left to run; `vote` = a panel has voted; `panel_complete` = a panel that does not
   * vote, or in which nobody said anything to vote on, is done; `satisfied`, `gave_up` = a magentic manager found the
   * task done, or had planned anew as often as it may; `handoff` = handed over to `user`.
   */
  readonly type: 'graph_complete' | 'vote' | 'panel_complete' | 'satisfied' | 'gave_up' | 'handoff';
  /** The winner of a vote, the target of a handoff. */
  readonly detail?: string;
}

/** A stop rule that holds. */
export interface StopMet {
  readonly type: StopLeaf['type'] | 'all';
  /** The turn with which it came to hold. */
  readonly turn: number;
  /** JSON pointer to the rule in the request, for example `/stop/any/0`. */
  readonly rule: string;
  /** What was met: the text, the tool, … */
  readonly detail?: string;
}

/** Why a run ended by its rules; stored with it and shown. */
export interface EndReason {
  /** `termination`, `single_reply` = rules of the old contract; `stopped` = a client stopped it and wants what was said to count. */
  readonly type: StopMet['type'] | EngineEnd['type'] | 'termination' | 'single_reply' | 'stopped';
  /** The turn after which it ended. */
  readonly turn: number;
  /** JSON pointer to the rule in the request; left out for rules of the old contract. */
  readonly rule?: string;
  readonly detail?: string;
}
