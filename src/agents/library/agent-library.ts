import { Inject, Injectable } from '@nestjs/common';
import { DomainError, ValidationFailedError } from '../../common/errors/domain-error';
import { type Loc } from '../../common/validation/field-problems';
import { SETTINGS_TOKEN } from '../../config/config.module';
import { type Settings } from '../../config/settings.schema';
import { agentLimitProblems } from '../agent-limits';
import { checkAgentNames } from '../prompt/agent-names';
import { type AgentDefinition, keptAgent, type KeptAgent, SaveAgentRequest } from './agent-definition.dto';
import { Library } from './library';
import { LibraryChanges } from './library-changes';
import { LibraryStore } from './library-store';

/** Saved agents. */
@Injectable()
export class AgentLibrary extends Library<SaveAgentRequest, KeptAgent> {
  constructor(store: LibraryStore, changes: LibraryChanges, @Inject(SETTINGS_TOKEN) settings: Settings) {
    super(store, changes, settings, 'agent', SaveAgentRequest);
  }

  protected definitionOf(request: SaveAgentRequest, loc: Loc): KeptAgent {
    checkAgent(request, this.settings, loc);
    return keptAgent(request, ['id', 'version']);
  }
}

/**
 * Checks an agent that stands alone.
 * @throws ValidationFailedError; DomainError INVALID_AGENT_NAME
 */
export function checkAgent(
  agent: AgentDefinition,
  settings: Pick<Settings, 'maxNameCharacters' | 'maxMessageCharacters'>,
  loc: Loc,
): void {
  const problems = agentLimitProblems(agent, settings, loc);
  if (problems.length > 0) {
    throw new ValidationFailedError(problems);
  }
  const wrong = checkAgentNames([agent]);
  if (wrong) {
    throw new DomainError(wrong.code, wrong.message);
  }
}
