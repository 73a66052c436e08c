import { type TeamRules } from '../definition/team-definition';
import { longestCourse } from './longest-course';

/** Turns that a run takes at most: those of the longest course. */
export function mostTurns(rules: TeamRules): number {
  let turns = 0;
  for (const { kind } of longestCourse(rules)) {
    turns += kind === 'turn' ? 1 : 0;
  }
  return turns;
}
