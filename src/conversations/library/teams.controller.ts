import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiBody, ApiExtraModels, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { AgentDefinition } from '../../agents/library/agent-definition.dto';
import { AgentReference } from '../../agents/library/agent-reference.dto';
import { sendStream } from '../../common/http/send-stream';
import { Idempotent } from '../../idempotency/idempotent.decorator';
import { ResourceId } from '../../idempotency/resource-id.decorator';
import { TeamList, TeamSaved, SavedTeam, TeamImportReport } from './team-answers.dto';
import { SaveTeamRequest } from './save-team.dto';
import { TeamLibrary } from './team-library';
import { LibraryRemoved, LibraryVersions } from '../../agents/library/library-answers.dto';
import {
  LibraryEntryQuery,
  LibraryExportQuery,
  LibraryListQuery,
  LibraryVersionsQuery,
} from '../../agents/library/library-queries.dto';

/** What an export is called when it is saved as a file. */
const EXPORT_HEADERS = {
  'Content-Type': 'application/json; charset=utf-8',
  'Content-Disposition': 'attachment; filename="teams.json"',
};

/** A team as an export holds it. */
const EXAMPLE = {
  id: 'two-guides',
  name: 'Two guides',
  agents: [{ name: 'Guide', prompt: 'You are a travel guide.' }, { ref: 'agents/critic' }],
  team: { type: 'round_robin', participants: ['Guide', 'Critic'], max_turns: 6 },
};

@ApiTags('teams')
@ApiExtraModels(AgentDefinition, AgentReference)
@Controller('api/teams')
export class TeamsController {
  constructor(private readonly library: TeamLibrary) {}

  /**
   * List saved teams
   *
   * The one that was changed last first, then those that come with the product; the whole list, or with `limit` and `cursor` page by page.
   */
  @Get()
  async listTeams(@Query() query: LibraryListQuery): Promise<TeamList> {
    const { entries: teams, ...page } = await this.library.list(query);
    return { teams, ...page };
  }

  /**
   * Save a team
   *
   * A start request names it as its `team`: `{"ref": "teams/<id>"}`. Saving the same again under its id changes nothing.
   */
  @Post()
  @HttpCode(200)
  @Idempotent()
  createTeam(@Body() request: SaveTeamRequest, @ResourceId() newId: string): Promise<TeamSaved> {
    return this.library.create(request, newId);
  }

  /**
   * Export saved teams
   *
   * As a file that can be imported: all but those that come with the product, or those that are named.
   */
  @Get('export')
  @ApiOkResponse({
    description: 'The file.',
    content: { 'application/json': { schema: { type: 'object', additionalProperties: true } } },
  })
  exportTeams(@Query() { ids }: LibraryExportQuery, @Res() res: Response): Promise<void> {
    return sendStream(res, this.library.exported(ids), EXPORT_HEADERS);
  }

  /**
   * Import teams
   *
   * What an export holds. A team whose id is known becomes the newest version of it. Each one is saved or refused on its
   * own; the answer tells which. A team of AutoGen AgentChat is taken as `dump_component()` writes it, too: then the answer also
   * tells what each part became, and what could not be taken over or means something else here.
   */
  @Post('import')
  @HttpCode(200)
  @Idempotent<TeamImportReport>({
    shorten: (report) => ({ ...report, items: [], mapped: [], not_mapped: [] }),
  })
  @ApiBody({
    description: 'An export, or a component of AutoGen AgentChat.',
    schema: {
      type: 'object',
      additionalProperties: true,
      example: { teams: [EXAMPLE] },
    },
  })
  importTeams(@Body() body: object, @ResourceId() importId: string): Promise<TeamImportReport> {
    return this.library.importFile(body, importId);
  }

  /**
   * Get a saved team
   *
   * Its newest version, or the one that is asked for.
   */
  @Get(':team_id')
  getTeam(@Param('team_id') id: string, @Query() { version }: LibraryEntryQuery): Promise<SavedTeam> {
    return this.library.get(id, version);
  }

  /**
   * List the versions of a saved team
   *
   * Newest first; ask again with `before` = the last one.
   */
  @Get(':team_id/versions')
  listTeamVersions(
    @Param('team_id') id: string,
    @Query() query: LibraryVersionsQuery,
  ): Promise<LibraryVersions> {
    return this.library.versions(id, query);
  }

  /**
   * Change a saved team
   *
   * Saves a new version, as a whole. With `version` it is refused when somebody else has saved one meanwhile.
   */
  @Put(':team_id')
  updateTeam(@Param('team_id') id: string, @Body() request: SaveTeamRequest): Promise<TeamSaved> {
    return this.library.change(id, request);
  }

  /**
   * Delete a saved team
   *
   * With all its versions. Experiments that were made of it keep what they were made of.
   */
  @Delete(':team_id')
  deleteTeam(@Param('team_id') id: string): Promise<LibraryRemoved> {
    return this.library.remove(id);
  }
}
