import { Body, Controller, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { SSE_TYPE } from '../../live/sse-format';
import { AgentTries } from './agent-tries';
import { TryAnswers } from './try-answers';
import { TryAnswer, TryNewAgentRequest, TrySavedAgentRequest } from './try.dto';

const ANSWER = {
  description: 'The answer.',
  content: {
    'application/json': { schema: { $ref: getSchemaPath(TryAnswer) } },
    [SSE_TYPE]: {
      schema: { type: 'string' },
      example: 'event: delta\ndata: {"channel":"text","text":"Let us"}\n\n',
    },
  },
} as const;

@ApiTags('agents')
@ApiExtraModels(TryAnswer)
@Controller('api/agents')
export class AgentTriesController {
  constructor(
    private readonly tries: AgentTries,
    private readonly answers: TryAnswers,
  ) {}

  /**
   * Try out an agent that is not saved
   *
   * It answers one message. With `Accept: text/event-stream` as Server-Sent Events: `delta` with `channel` (`text` or
   * `thinking`) and `text`, then `done` with the whole answer, or `error` with `code` and `message`. Nothing is stored; who
   * leaves ends the call.
   */
  @Post('try')
  @HttpCode(200)
  @ApiOkResponse(ANSWER)
  async tryNewAgent(
    @Body() body: TryNewAgentRequest,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.answers.send(request, response, this.tries.ofNew(body));
  }

  /**
   * Try out a saved agent
   *
   * As one that is not saved.
   */
  @Post(':agent_id/try')
  @HttpCode(200)
  @ApiOkResponse(ANSWER)
  async trySavedAgent(
    @Param('agent_id') id: string,
    @Body() body: TrySavedAgentRequest,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.answers.send(request, response, await this.tries.ofSaved(id, body));
  }
}
