import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
  Post,
  Put,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { asksForEventStream, lastEventIdOf } from '../common/http/event-stream-request';
import { whenClosed } from '../common/http/when-closed';
import { TurnPage } from '../conversations/dto/turn.dto';
import { TurnReader } from '../conversations/turn-reader';
import { Idempotent } from '../idempotency/idempotent.decorator';
import { ResourceId } from '../idempotency/resource-id.decorator';
import {
  DefaultChatRules,
  ExperimentDeleted,
  ExperimentDetail,
  ExperimentEvents,
  ExperimentList,
  ExperimentStarted,
  ExperimentUpdated,
  ExperimentWaited,
  StatusUpdated,
} from './dto/experiment-answers.dto';
import { ExperimentCheck } from './dto/experiment-check.dto';
import {
  EventsQuery,
  ExperimentListQuery,
  StatusQuery,
  TurnsQuery,
  WaitQuery,
} from './dto/experiment-queries.dto';
import { ExperimentRequest, ExperimentUpdate } from './dto/experiment-request.dto';
import { LibraryExperimentRequest } from './dto/library-request.dto';
import { SSE_TYPE } from '../live/sse-format';
import { EventStreams } from './event-streams';
import { ExperimentChecks } from './experiment-checks';
import { ExperimentWaits } from './experiment-waits';
import { ExperimentsService } from './experiments.service';

@ApiTags('experiments')
@Controller('api/experiments')
export class ExperimentsController {
  constructor(
    private readonly experiments: ExperimentsService,
    private readonly streams: EventStreams,
    private readonly waits: ExperimentWaits,
    private readonly turns: TurnReader,
    private readonly checks: ExperimentChecks,
  ) {}

  /**
   * Start an experiment
   *
   * Stores it and starts work on it at once; the answer does not wait for the agents. Agents and the team may be named by their
   * ids in the library.
   */
  @Post('start')
  @HttpCode(200)
  @Idempotent()
  @ApiExtraModels(ExperimentRequest, LibraryExperimentRequest)
  @ApiBody({
    schema: {
      anyOf: [{ $ref: getSchemaPath(ExperimentRequest) }, { $ref: getSchemaPath(LibraryExperimentRequest) }],
    },
  })
  startExperiment(@Body() body: object, @ResourceId() newId: string): Promise<ExperimentStarted> {
    return this.experiments.start(body, newId);
  }

  /**
   * Check an experiment without starting it
   *
   * Takes what `start` takes; places are told as if all of it stood in the request itself. Nothing is stored and no model is called: the answer says what is wrong, what is worth knowing,
   * and what the experiment will take. A body that is no JSON object is refused as everywhere.
   */
  @Post('validate')
  @HttpCode(200)
  @ApiBody({
    schema: {
      anyOf: [{ $ref: getSchemaPath(ExperimentRequest) }, { $ref: getSchemaPath(LibraryExperimentRequest) }],
    },
  })
  validateExperiment(@Body() body: unknown): Promise<ExperimentCheck> {
    return this.checks.check(body);
  }

  /**
   * List all experiments
   *
   * Newest first; the whole list, or with `limit` and `cursor` page by page.
   */
  @Get()
  @Header('Content-Type', 'application/json; charset=utf-8')
  @ApiOkResponse({ type: ExperimentList })
  listExperiments(@Query() query: ExperimentListQuery): Promise<string> {
    return this.experiments.list(query);
  }

  /**
   * Get the default chat rules
   *
   * The rules that count when a request has none, in both spellings.
   */
  @Get('default-chat-rules')
  getDefaultChatRules(): DefaultChatRules {
    return this.experiments.defaultChatRules();
  }

  /**
   * Get an experiment with all that was said
   *
   * `conversation` is the run in progress, `conversations` are the finished ones.
   */
  @Get(':experiment_id')
  getExperiment(@Param('experiment_id') id: string): Promise<ExperimentDetail> {
    return this.experiments.get(id);
  }

  /**
   * Read or watch the events of an experiment
   *
   * As JSON a page of the stored ones: ask again with `after` = the last number read. With `Accept: text/event-stream` as
   * Server-Sent Events: what came after `after` or `Last-Event-ID`, then what is new, until the experiment is over; 204 when
   * nothing more will come. Order and payloads are those of Socket.IO. `turn.delta` passes by and has no id.
   */
  @Get(':experiment_id/events')
  @ApiExtraModels(ExperimentEvents)
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'Server-Sent Events only: number of the last event that is known; counts more than `after`.',
    schema: { type: 'integer', minimum: 0, example: 12 },
  })
  @ApiOkResponse({
    description: 'The events.',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(ExperimentEvents) } },
      [SSE_TYPE]: {
        schema: { type: 'string' },
        example: 'id: 13\nevent: message\ndata: {"seq":13,"type":"message"}\n\n',
      },
    },
  })
  @ApiNoContentResponse({ description: 'Server-Sent Events only: it is over and all of it is known.' })
  async getExperimentEvents(
    @Param('experiment_id') id: string,
    @Query() { after = 0, limit = 100, deltas = true }: EventsQuery,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    response.vary('Accept');
    if (asksForEventStream(request)) {
      await this.streams.open(response, id, { after: lastEventIdOf(request) ?? after, deltas });
    } else {
      response.json(await this.experiments.eventsAfter(id, after, limit));
    }
  }

  /**
   * Read a page of the turns of a run
   *
   * Every attempt, with how its speaker was chosen, its place in the team, what it cost and what went wrong. Ask again with
   * `after` = the number of the last turn read.
   */
  @Get(':experiment_id/runs/:iteration/turns')
  getRunTurns(
    @Param('experiment_id') experimentId: string,
    @Param('iteration') iteration: string,
    @Query() { after = 0, limit = 100 }: TurnsQuery,
  ): Promise<TurnPage> {
    return this.turns.page({ experimentId, iteration: Number(iteration) }, after, limit);
  }

  /**
   * Wait until an experiment is over
   *
   * Answers at once when it is, else after `timeout` seconds at the latest.
   */
  @Get(':experiment_id/wait')
  waitForExperiment(
    @Param('experiment_id') id: string,
    @Query() { timeout = 30 }: WaitQuery,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ExperimentWaited> {
    return this.waits.untilOver(id, timeout, whenClosed(response));
  }

  /**
   * Change the metadata of an experiment
   *
   * Only the title can be changed. Other fields are ignored, so that clients may send a whole experiment back.
   */
  @Put(':experiment_id')
  updateExperiment(
    @Param('experiment_id') id: string,
    @Body() update: ExperimentUpdate,
  ): Promise<ExperimentUpdated> {
    return this.experiments.update(id, update);
  }

  /**
   * Change the status of an experiment
   *
   * A final status stops a running experiment; a final status never changes again.
   */
  @Put(':experiment_id/status')
  updateExperimentStatus(
    @Param('experiment_id') id: string,
    @Query() { status }: StatusQuery,
  ): Promise<StatusUpdated> {
    return this.experiments.updateStatus(id, status);
  }

  /**
   * Delete an experiment
   *
   * A running one is stopped first. All that was said in it is removed.
   */
  @Delete(':experiment_id')
  deleteExperiment(@Param('experiment_id') id: string): Promise<ExperimentDeleted> {
    return this.experiments.remove(id);
  }
}
