import { type StopRule } from '../definition/stop-rule';
import { type EnginePart, type TeamCommon } from '../definition/team-definition';
import { agentNamesIn, turnsInRound } from '../members';

/** What a template hands on to the engine that it is written down as. */
export function commonOf({ name, max_turns, stop, share }: TeamCommon): TeamCommon {
  return {
    ...(name === undefined ? {} : { name }),
    ...(max_turns === undefined ? {} : { max_turns }),
    ...(stop === undefined ? {} : { stop }),
    ...(share === undefined ? {} : { share }),
  };
}

/**
 * The stop rules of a template besides its own one, if it has any: whichever holds first. Its own come first, so that a list
 * in `any` keeps the places that it has in the request.
 */
export function anyOf(own: StopRule | undefined, ...rules: readonly StopRule[]): StopRule {
  const first = own === undefined ? [] : 'any' in own ? own.any : [own];
  return { any: [...first, ...rules] };
}

/** A participant that is told something at each of its turns, besides what it is told anyway. A team is told nothing. */
export function told(part: EnginePart, instruction: string): EnginePart {
  if (typeof part === 'string') {
    return { agent: part, instruction };
  }
  if (!('agent' in part)) {
    return part;
  }
  const own = part.instruction === undefined ? '' : `${part.instruction}\n\n`;
  return { ...part, instruction: own + instruction };
}

/** Names of the agents of a participant. */
export function agentsOf(part: EnginePart): string[] {
  return agentNamesIn({ type: 'round_robin', participants: [part] });
}

/** In how many turns everybody of these has had a move. */
export function turnsOfRound(parts: readonly EnginePart[]): number {
  return turnsInRound({ type: 'round_robin', participants: parts });
}

/** `A, B or C`; each name once. */
export function listed(names: readonly string[]): string {
  const each = [...new Set(names)];
  const last = each.pop() ?? '';
  return each.length === 0 ? last : `${each.join(', ')} or ${last}`;
}
