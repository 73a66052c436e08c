import { Inject, Injectable } from '@nestjs/common';
import { AgentLibrary } from '../../agents/library/agent-library';
import { Library } from '../../agents/library/library';
import { LibraryChanges } from '../../agents/library/library-changes';
import { LibraryStore } from '../../agents/library/library-store';
import { isReference } from '../../agents/library/references';
import { checkTeamNames, readTeamAgents } from '../../agents/library/team-agents';
import { ValidationFailedError } from '../../common/errors/domain-error';
import { type Loc, problem, tooLong, tooMany } from '../../common/validation/field-problems';
import { hasAtMost } from '../../common/validation/rules';
import { SETTINGS_TOKEN } from '../../config/config.module';
import { type Settings } from '../../config/settings.schema';
import { checkTeam } from '../team/definition/check-team';
import { autoGenTeam } from './autogen/autogen-team';
import { isComponent } from './autogen/component';
import { BUILT_IN_TEAMS } from './built-in/built-in-teams';
import { type KeptTeam, SaveTeamRequest } from './save-team.dto';
import { type TeamImportReport } from './team-answers.dto';

/** Saved teams, and those that come with the product. */
@Injectable()
export class TeamLibrary extends Library<SaveTeamRequest, KeptTeam> {
  constructor(
    store: LibraryStore,
    changes: LibraryChanges,
    private readonly agents: AgentLibrary,
    @Inject(SETTINGS_TOKEN) settings: Settings,
  ) {
    super(store, changes, settings, 'team', SaveTeamRequest, BUILT_IN_TEAMS);
  }

  /**
   * Saves the teams of an export, or the one in a file of AutoGen AgentChat.
   * @throws ValidationFailedError when it is neither
   */
  async importFile(body: unknown, importId: string): Promise<TeamImportReport> {
    if (!isComponent(body)) {
      return this.import(body, importId);
    }
    const { request, mapped, notMapped } = autoGenTeam(body);
    const report = await this.import({ teams: [request] }, importId);
    return { ...report, mapped: [...mapped], not_mapped: [...notMapped] };
  }

  protected async definitionOf(request: SaveTeamRequest, loc: Loc): Promise<KeptTeam> {
    const { name, description, agents, team, stop } = request;
    this.checkLimits(request, loc);
    const place = [...loc, 'agents'];
    const found = await readTeamAgents(
      agents,
      place,
      (id, version) => this.agents.find(id, version),
      this.settings,
    );
    checkTeamNames(found.agents);
    checkRules(request, found.agents, loc);
    return plain({
      name,
      ...(description ? { description } : {}),
      // A reference stays one, so that a new version of the agent counts where none is named.
      agents: agents.map((agent, index) => (isReference(agent) ? agent : (found.agents[index] ?? agent))),
      team,
      ...(stop ? { stop } : {}),
    });
  }

  private checkLimits({ name, agents }: SaveTeamRequest, loc: Loc): void {
    const { maxAgents, maxNameCharacters } = this.settings;
    const problems = [
      ...(hasAtMost(name, maxNameCharacters) ? [] : [tooLong([...loc, 'name'], maxNameCharacters, name)]),
      ...(agents.length <= maxAgents ? [] : [tooMany([...loc, 'agents'], maxAgents, agents)]),
    ];
    if (problems.length > 0) {
      throw new ValidationFailedError(problems);
    }
  }
}

/** Checks that the rules of a team fit its agents. @throws ValidationFailedError */
function checkRules({ team, stop }: SaveTeamRequest, agents: readonly { name: string }[], loc: Loc): void {
  const findings = checkTeam({ team, stop: stop ?? null, agents: agents.map(({ name }) => name) });
  const problems = findings.flatMap(({ severity, loc: place, type, message, input }) =>
    severity === 'error' ? [problem(type, [...loc, ...place], message, input)] : [],
  );
  if (problems.length > 0) {
    throw new ValidationFailedError(problems);
  }
}

/** As it comes back from the database: without what is undefined. */
function plain(team: unknown): KeptTeam {
  return JSON.parse(JSON.stringify(team)) as KeptTeam;
}
