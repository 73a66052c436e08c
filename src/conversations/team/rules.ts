import { type StopRule } from './definition/stop-rule';
import {
  type EngineDefinition,
  type SelectorFallback,
  type TeamDefinition,
  type TeamRules,
} from './definition/team-definition';
import { membersOf, turnsInRound } from './members';
import { asEngine } from './templates/templates';

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
  /** DEFAULT_MAX_ROUNDS: turns of a run when the request does not say. */
  readonly maxRounds: number;
  /** MAX_TURNS: turns after which a run ends whatever its rules say. */
  readonly maxTurns: number;
  /** SELECTOR_FALLBACK. */
  readonly fallback: SelectorFallback;
}

/** Turns of a run when `chat_rules` are there, but name no `max_rounds`. */
const CHAT_RULES_MAX_ROUNDS = 8;

/**
 * The rules of a request of the old contract (wire contract 8.4 and 8.5). One agent gives exactly one reply, whatever the
 * rules say. The number of turns is raised to the number of agents, so that in round robin everybody speaks.
 */
export function rulesFromChatRules(
  chatRules: ChatRules | null | undefined,
  agentNames: readonly string[],
  defaults: TeamDefaults,
): TeamRules {
  const [first] = agentNames;
  if (agentNames.length <= 1 && first !== undefined) {
    const team: EngineDefinition = { type: 'round_robin', participants: [first] };
    return { origin: 'single', team, stop: { type: 'max_turns', turns: 1 }, maxTurns: defaults.maxTurns };
  }
  const rounds = chatRules ? (chatRules.max_rounds ?? CHAT_RULES_MAX_ROUNDS) : defaults.maxRounds;
  const turns: StopRule = { type: 'max_turns', turns: Math.max(rounds, agentNames.length) };
  // Trimmed, because messages are: a blank at its end could never be met at the end of a message.
  const termination = textOrNull(chatRules?.termination_condition?.trim());
  return {
    origin: 'chat_rules',
    team: teamOf(chatRules, agentNames, defaults),
    stop: { any: [...(termination === null ? [] : [{ type: 'text', text: termination } as const]), turns] },
    maxTurns: defaults.maxTurns,
  };
}

/**
 * Rules of the old contract with a `stop` of the new one: whichever holds first ends the run. Each is told in its own
 * way, see `next-step.ts`.
 */
export function withAddedStop(rules: TeamRules, stop: StopRule | null): TeamRules {
  return stop === null || rules.stop === null
    ? { ...rules, stop: rules.stop ?? stop }
    : { ...rules, stop: { any: [rules.stop, stop] }, isStopAdded: true };
}

function teamOf(
  chatRules: ChatRules | null | undefined,
  participants: readonly string[],
  { fallback }: TeamDefaults,
): EngineDefinition {
  if (chatRules?.team_type !== 'selector') {
    return { type: 'round_robin', participants };
  }
  const prompt = textOrNull(chatRules.selector_prompt);
  const inARow = chatRules.max_consecutive_auto_reply ?? 0;
  return {
    type: 'selector',
    participants,
    allow_repeated_speaker: chatRules.allow_repeat_speaker ?? false,
    max_attempts: 3,
    fallback,
    ...(prompt === null ? {} : { selector_prompt: prompt }),
    ...(inARow > 0 ? { max_consecutive_turns: inARow } : {}),
  };
}

/**
 * The rules of a request with a `team`. A team that would never end by itself and has no rule about its end gets
 * DEFAULT_MAX_ROUNDS turns (at least one for each participant); where it stands in another one, one round.
 */
export function rulesFromTeam(
  definition: TeamDefinition,
  stop: StopRule | null,
  defaults: TeamDefaults,
): TeamRules {
  const team = withLimits(asEngine(definition), defaults);
  const isEndless = stop === null && lacksEnd(team);
  const count = membersOf(team).length;
  return {
    origin: 'team',
    team: isEndless ? { ...team, max_turns: Math.max(defaults.maxRounds, count) } : team,
    stop,
    maxTurns: defaults.maxTurns,
  };
}

/** A manager that always sees progress would go on for ever; the number is AutoGen's. */
const MAGENTIC_MAX_TURNS = 20;

/** Fills in what settings decide, and one round for nested teams without an end, in the whole tree. */
function withLimits(team: EngineDefinition, defaults: TeamDefaults): EngineDefinition {
  const nested = <P>(part: P): P => {
    if (typeof part === 'string' || !isTeam(part)) {
      return part;
    }
    const inner = withLimits(part, defaults);
    return (lacksEnd(inner) ? { ...inner, max_turns: turnsInRound(inner) } : inner) as P;
  };
  switch (team.type) {
    case 'graph':
      return {
        ...team,
        nodes: team.nodes.map((node) => (node.run === undefined ? node : { ...node, run: nested(node.run) })),
      };
    case 'magentic':
      return { ...team, max_turns: team.max_turns ?? MAGENTIC_MAX_TURNS };
    case 'selector':
      return {
        ...team,
        fallback: team.fallback ?? defaults.fallback,
        participants: team.participants.map(nested),
      };
    default:
      return { ...team, participants: team.participants.map(nested) };
  }
}

function isTeam(part: unknown): part is EngineDefinition {
  return typeof part === 'object' && part !== null && 'type' in part;
}

/** Whether nothing ever ends the team but a rule from outside. */
function lacksEnd(team: EngineDefinition): boolean {
  const endsByItself = team.type === 'panel' || team.type === 'magentic' || team.type === 'graph';
  return !endsByItself && team.stop === undefined && team.max_turns === undefined;
}

function textOrNull(text: string | null | undefined): string | null {
  return text === null || text === undefined || text.trim() === '' ? null : text;
}
