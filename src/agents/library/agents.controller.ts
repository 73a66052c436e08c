import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { sendStream } from '../../common/http/send-stream';
import { Idempotent } from '../../idempotency/idempotent.decorator';
import { ResourceId } from '../../idempotency/resource-id.decorator';
import { AgentList, AgentSaved, SavedAgent } from './agent-answers.dto';
import { SaveAgentRequest } from './agent-definition.dto';
import { AgentLibrary } from './agent-library';
import { LibraryImportReport, LibraryRemoved, LibraryVersions } from './library-answers.dto';
import {
  LibraryEntryQuery,
  LibraryExportQuery,
  LibraryListQuery,
  LibraryVersionsQuery,
} from './library-queries.dto';

/** What an export is called when it is saved as a file. */
const EXPORT_HEADERS = {
  'Content-Type': 'application/json; charset=utf-8',
  'Content-Disposition': 'attachment; filename="agents.json"',
};

@ApiTags('agents')
@Controller('api/agents')
export class AgentsController {
  constructor(private readonly library: AgentLibrary) {}

  /**
   * List saved agents
   *
   * The one that was changed last first; the whole list, or with `limit` and `cursor` page by page.
   */
  @Get()
  async listAgents(@Query() query: LibraryListQuery): Promise<AgentList> {
    const { entries: agents, ...page } = await this.library.list(query);
    return { agents, ...page };
  }

  /**
   * Save an agent
   *
   * A start request names it as `{"ref": "agents/<id>"}`. Saving the same again under its id changes nothing.
   */
  @Post()
  @HttpCode(200)
  @Idempotent()
  createAgent(@Body() request: SaveAgentRequest, @ResourceId() newId: string): Promise<AgentSaved> {
    return this.library.create(request, newId);
  }

  /**
   * Export saved agents
   *
   * As a file that can be imported: all of them, or some.
   */
  @Get('export')
  @ApiOkResponse({
    description: 'The file.',
    content: { 'application/json': { schema: { type: 'object', additionalProperties: true } } },
  })
  exportAgents(@Query() { ids }: LibraryExportQuery, @Res() res: Response): Promise<void> {
    return sendStream(res, this.library.exported(ids), EXPORT_HEADERS);
  }

  /**
   * Import agents
   *
   * What an export holds. An agent whose id is known becomes the newest version of it. Each one is saved or refused on its
   * own; the answer tells which.
   */
  @Post('import')
  @HttpCode(200)
  @Idempotent<LibraryImportReport>({ shorten: (report) => ({ ...report, items: [] }) })
  @ApiBody({
    description: 'An export.',
    schema: {
      type: 'object',
      additionalProperties: true,
      example: { agents: [{ id: 'travel-guide', name: 'Guide', prompt: 'You are a travel guide.' }] },
    },
  })
  importAgents(@Body() body: object, @ResourceId() importId: string): Promise<LibraryImportReport> {
    return this.library.import(body, importId);
  }

  /**
   * Get a saved agent
   *
   * Its newest version, or the one that is asked for.
   */
  @Get(':agent_id')
  getAgent(@Param('agent_id') id: string, @Query() { version }: LibraryEntryQuery): Promise<SavedAgent> {
    return this.library.get(id, version);
  }

  /**
   * List the versions of a saved agent
   *
   * Newest first; ask again with `before` = the last one.
   */
  @Get(':agent_id/versions')
  listAgentVersions(
    @Param('agent_id') id: string,
    @Query() query: LibraryVersionsQuery,
  ): Promise<LibraryVersions> {
    return this.library.versions(id, query);
  }

  /**
   * Change a saved agent
   *
   * Saves a new version, as a whole. With `version` it is refused when somebody else has saved one meanwhile.
   */
  @Put(':agent_id')
  updateAgent(@Param('agent_id') id: string, @Body() request: SaveAgentRequest): Promise<AgentSaved> {
    return this.library.change(id, request);
  }

  /**
   * Delete a saved agent
   *
   * With all its versions. Experiments that were made of it keep what they were made of.
   */
  @Delete(':agent_id')
  deleteAgent(@Param('agent_id') id: string): Promise<LibraryRemoved> {
    return this.library.remove(id);
  }
}
