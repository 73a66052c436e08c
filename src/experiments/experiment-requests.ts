import { Inject, Injectable } from '@nestjs/common';
import { AgentLibrary } from '../agents/library/agent-library';
import { type LibraryUse } from '../agents/library/library-item';
import { validateRequest } from '../common/validation/validate-request';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { TeamLibrary } from '../conversations/library/team-library';
import { ExperimentRequest } from './dto/experiment-request.dto';
import { writeOutRequest } from './library-request';

/** A start request that has been read. */
export interface ReadRequest {
  readonly request: ExperimentRequest;
  /** What of it was taken from the library; null when nothing was asked of it. */
  readonly library: readonly LibraryUse[] | null;
}

/** Reads start requests: first what they name of the library is put in place, then the whole is checked. */
@Injectable()
export class ExperimentRequests {
  constructor(
    private readonly agents: AgentLibrary,
    private readonly teams: TeamLibrary,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** @throws ValidationFailedError; DomainError AGENT_NOT_FOUND, TEAM_NOT_FOUND */
  async read(body: unknown): Promise<ReadRequest> {
    const written = await writeOutRequest(
      body,
      {
        agent: (id, version) => this.agents.find(id, version),
        team: (id, version) => this.teams.find(id, version),
      },
      this.settings,
    );
    return { request: validateRequest(written.body, ExperimentRequest, 'body'), library: written.uses };
  }
}
