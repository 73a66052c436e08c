import { type StopRule } from '../definition/stop-rule';
import { type TeamCommon } from '../definition/team-definition';

/** Turns after which a rule ends a team at the latest; Infinity = it may never hold. */
export function turnCap(rule: StopRule | null | undefined): number {
  if (!rule) {
    return Infinity;
  }
  if ('any' in rule) {
    return Math.min(...rule.any.map(turnCap));
  }
  if ('all' in rule) {
    return Math.max(...rule.all.map(turnCap));
  }
  return rule.type === 'max_turns' ? rule.turns : Infinity;
}

/** Turns before which a rule does not end a team: those that it counts, else one. Infinity = there is no rule. */
export function turnFloor(rule: StopRule | null | undefined): number {
  if (!rule) {
    return Infinity;
  }
  if ('any' in rule) {
    return Math.min(...rule.any.map(turnFloor));
  }
  if ('all' in rule) {
    return Math.max(...rule.all.map(turnFloor));
  }
  switch (rule.type) {
    case 'max_turns':
    case 'stall':
      return rule.turns;
    case 'max_messages':
      return rule.messages;
    default:
      return 1;
  }
}

/** The cap of a team by its own rules. */
export function capOf({ max_turns: turns, stop }: TeamCommon): number {
  return Math.min(turns ?? Infinity, turnCap(stop));
}

/** The floor of a team by its own rules. */
export function floorOf({ max_turns: turns, stop }: TeamCommon): number {
  return Math.min(turns ?? Infinity, turnFloor(stop));
}
