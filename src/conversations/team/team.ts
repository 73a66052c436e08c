/** What happens when the selector model gives no usable answer. */
export type SelectorFallback = 'round_robin' | 'previous' | 'first' | 'random' | 'fail';

/** One agent: exactly one reply. */
export interface SingleRules {
  readonly type: 'single';
}

/** When a conversation of several agents ends. */
export interface StopRules {
  /** Turns of agents, empty ones included; the task is none. */
  readonly maxTurns: number;
  /** Ends the run after a message that contains it, case-sensitively; null = no such rule. */
  readonly termination: string | null;
}

/** Agents speak in their order. Nobody ever speaks twice in a row, so a limit on that needs no field. */
export interface RoundRobinRules extends StopRules {
  readonly type: 'round_robin';
}

/** A model chooses who speaks next. */
export interface SelectorRules extends StopRules {
  readonly type: 'selector';
  readonly allowRepeatSpeaker: boolean;
  /** Text with `{roles}`, `{participants}` and `{history}`; null = our own. */
  readonly selectorPrompt: string | null;
  /** Most turns that one agent may take in a row, where it may repeat at all; null = no limit. */
  readonly maxConsecutiveTurns: number | null;
  readonly fallback: SelectorFallback;
}

/** How a team takes turns and when it ends; stored with the experiment. Each way of taking turns is one member. */
export type TeamRules = SingleRules | RoundRobinRules | SelectorRules;

/** `chat_rules` of a request, after validation (wire contract 8.4). */
export interface ChatRules {
  readonly max_rounds?: number;
  readonly team_type?: 'round_robin' | 'selector';
  readonly selector_prompt?: string | null;
  readonly allow_repeat_speaker?: boolean | null;
  readonly max_consecutive_auto_reply?: number | null;
  readonly termination_condition?: string | null;
}

export interface TeamDefaults {
  /** DEFAULT_MAX_ROUNDS: turns of a run when the request has no `chat_rules`. */
  readonly maxRounds: number;
  readonly fallback?: SelectorFallback;
}

/** Turns of a run when `chat_rules` are there, but name no `max_rounds`. */
const CHAT_RULES_MAX_ROUNDS = 8;

/**
 * The rules of a request (wire contract 8.4 and 8.5). One agent gives exactly one reply, whatever the rules say.
 * The number of turns is raised to the number of agents, so that in round robin everybody speaks.
 */
export function teamRulesFrom(
  chatRules: ChatRules | null | undefined,
  agentCount: number,
  defaults: TeamDefaults,
): TeamRules {
  if (agentCount <= 1) {
    return { type: 'single' };
  }
  if (!chatRules) {
    return { type: 'round_robin', maxTurns: Math.max(defaults.maxRounds, agentCount), termination: null };
  }
  const stop: StopRules = {
    maxTurns: Math.max(chatRules.max_rounds ?? CHAT_RULES_MAX_ROUNDS, agentCount),
    // Trimmed, because messages are: a blank at its end could never be met at the end of a message.
    termination: textOrNull(chatRules.termination_condition?.trim()),
  };
  if (chatRules.team_type !== 'selector') {
    return { type: 'round_robin', ...stop };
  }
  return {
    type: 'selector',
    ...stop,
    allowRepeatSpeaker: chatRules.allow_repeat_speaker ?? false,
    selectorPrompt: textOrNull(chatRules.selector_prompt),
    maxConsecutiveTurns: positiveOrNull(chatRules.max_consecutive_auto_reply),
    fallback: defaults.fallback ?? 'round_robin',
  };
}

function textOrNull(text: string | null | undefined): string | null {
  return text === null || text === undefined || text.trim() === '' ? null : text;
}

function positiveOrNull(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && value > 0 ? value : null;
}
