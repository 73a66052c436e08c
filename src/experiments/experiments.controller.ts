import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
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
  StatusUpdated,
} from './dto/experiment-answers.dto';
import { EventsQuery, ExperimentListQuery, StatusQuery } from './dto/experiment-queries.dto';
import { ExperimentRequest, ExperimentUpdate } from './dto/experiment-request.dto';
import { ExperimentsService } from './experiments.service';

@ApiTags('experiments')
@Controller('api/experiments')
export class ExperimentsController {
  constructor(private readonly experiments: ExperimentsService) {}

  /**
   * Start an experiment
   *
   * Stores it and starts work on it at once; the answer does not wait for the agents.
   */
  @Post('start')
  @HttpCode(200)
  @Idempotent()
  startExperiment(
    @Body() request: ExperimentRequest,
    @ResourceId() newId: string,
  ): Promise<ExperimentStarted> {
    return this.experiments.start(request, newId);
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
   * Read the stored events of an experiment
   *
   * The same events, in the same order, that watchers get live. Ask again with `after` = the last number read.
   */
  @Get(':experiment_id/events')
  getExperimentEvents(
    @Param('experiment_id') id: string,
    @Query() { after = 0, limit = 100 }: EventsQuery,
  ): Promise<ExperimentEvents> {
    return this.experiments.eventsAfter(id, after, limit);
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
