/**
 * Stop rules: one, or `any` / `all` of several, nested. They are folds over the turns of agents and never see the task
 * (decision 16). Inside a nested team they see the turns of its present visit.
 */
export type StopRule = StopLeaf | AnyOf | AllOf;

/** One of the rules has to hold. */
export interface AnyOf {
  readonly any: readonly StopRule[];
}

/** Each rule has to hold; one that held once, holds. */
export interface AllOf {
  readonly all: readonly StopRule[];
}

export type StopLeaf =
  | MaxTurnsRule
  | MaxMessagesRule
  | TextRule
  | PatternRule
  | TokensRule
  | ActiveSecondsRule
  | HandoffRule
  | SourceRule
  | ToolRule
  | AgreementRule
  | RepetitionRule
  | StallRule;

/** So many turns of agents were taken, empty and skipped ones included; a magentic manager's own do not count. */
export interface MaxTurnsRule {
  readonly type: 'max_turns';
  readonly turns: number;
}

/** So many messages were said by agents. */
export interface MaxMessagesRule {
  readonly type: 'max_messages';
  readonly messages: number;
}

/** A message of one of `from` (else of anybody) contains the text, case-sensitively. */
export interface TextRule {
  readonly type: 'text';
  readonly text: string;
  readonly from?: readonly string[];
}

/** The same with a regular expression in the syntax of RE2, which is searched for in linear time. */
export interface PatternRule {
  readonly type: 'pattern';
  readonly pattern: string;
  readonly ignore_case: boolean;
  readonly from?: readonly string[];
}

/** Tokens of all calls to models, those of selectors and failed attempts included; at least one limit. */
export interface TokensRule {
  readonly type: 'tokens';
  readonly total?: number;
  readonly prompt?: number;
  readonly completion?: number;
}

/** Active seconds: neither queued nor paused. At the outermost level a turn in progress is broken off. */
export interface ActiveSecondsRule {
  readonly type: 'active_seconds';
  readonly seconds: number;
}

/** An agent handed over to a participant of this name, or to `user`. */
export interface HandoffRule {
  readonly type: 'handoff';
  readonly to: string;
}

/** One of these agents said something. */
export interface SourceRule {
  readonly type: 'source';
  readonly from: readonly string[];
}

/** A tool of this name was called. */
export interface ToolRule {
  readonly type: 'tool';
  readonly name: string;
}

/**
 * The latest messages of `agents` (else of all who have spoken, at least two) agree: `text` = each contains the text,
 * `answer` = all say the same apart from case, white space and punctuation. A `share` of them is enough.
 */
export interface AgreementRule {
  readonly type: 'agreement';
  readonly by: 'text' | 'answer';
  readonly text?: string;
  readonly agents?: readonly string[];
  readonly share: number;
  /** Looked at only after each so many turns, so that everybody has had a say in the round. */
  readonly every?: number;
}

/** A message holds the same run of `words` words `times` times: its model is caught in a loop. */
export interface RepetitionRule {
  readonly type: 'repetition';
  readonly words: number;
  readonly times: number;
}

/** `turns` turns in a row brought nothing new: empty, skipped, or like an earlier message by `similarity` (0 to 1) of their words. */
export interface StallRule {
  readonly type: 'stall';
  readonly turns: number;
  readonly similarity: number;
}
