import { type EngineDefinition } from './definition/team-definition';
import { membersOf } from './members';

/** Models that a team and those within it name for themselves, beside those of its agents. */
export function modelsOfTeam(team: EngineDefinition): string[] {
  const own = team.type === 'selector' && team.selector_model !== undefined ? [team.selector_model] : [];
  const nested = membersOf(team).flatMap(({ runs }) => (runs.type === 'agent' ? [] : modelsOfTeam(runs)));
  return [...own, ...nested];
}
