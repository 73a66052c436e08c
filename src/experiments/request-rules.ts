import { type Settings } from '../config/settings.schema';
import {
  rulesFromChatRules,
  rulesFromTeam,
  type TeamDefaults,
  withAddedStop,
} from '../conversations/team/rules';
import { type TeamRules } from '../conversations/team/definition/team-definition';
import { type ExperimentRequest } from './dto/experiment-request.dto';

/** The rules that the runs of a request follow. */
export function rulesOf(request: ExperimentRequest, settings: Settings): TeamRules {
  const defaults: TeamDefaults = {
    maxRounds: settings.defaultMaxRounds,
    maxTurns: settings.maxTurns,
    fallback: settings.selectorFallback,
  };
  const stop = request.stop ?? null;
  if (request.team) {
    return rulesFromTeam(request.team, stop, defaults);
  }
  const names = request.agents.map(({ name }) => name);
  return withAddedStop(rulesFromChatRules(request.chat_rules, names, defaults), stop);
}
