import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { WildcardText } from '../common/http/wildcard';
import { Idempotent } from '../idempotency/idempotent.decorator';
import { ResourceId } from '../idempotency/resource-id.decorator';
import {
  ModelOperationResponse,
  PullHealth,
  PullModelRequest,
  PullModelResponse,
  PullTaskStatus,
} from './dto/pull.dto';
import { PullsService } from './pulls.service';

@ApiTags('models')
@ApiExtraModels(PullTaskStatus)
@Controller('api/models/pull')
export class PullsController {
  constructor(private readonly pulls: PullsService) {}

  /**
   * Pull a model
   *
   * To all Ollama servers, one after the other, or to the named one. The answer does not wait for it. A model that is being
   * pulled to these servers already is not pulled twice: `existing_task_id` tells which task does it.
   */
  @Post()
  @HttpCode(200)
  @Idempotent()
  pullModel(@Body() request: PullModelRequest, @ResourceId() newId: string): Promise<PullModelResponse> {
    return this.pulls.start(request, newId);
  }

  /**
   * List all pulls
   *
   * By their ids. Pulls that ended stay listed for a while.
   */
  @Get()
  @ApiOkResponse({
    schema: { type: 'object', additionalProperties: { $ref: getSchemaPath(PullTaskStatus) } },
  })
  listPullTasks(): Record<string, PullTaskStatus> {
    return this.pulls.list();
  }

  /**
   * Get the newest pull of a model
   *
   * Slashes in the name may be encoded or not; `m` means `m:latest`.
   */
  @Get('by-model/*model_name')
  getPullByModel(@Param('model_name', WildcardText) name: string): PullTaskStatus {
    return this.pulls.getByModel(name);
  }

  /**
   * Get a pull
   *
   * Its progress is current, whatever has been told to watchers.
   */
  @Get(':task_id')
  getPullStatus(@Param('task_id') id: string): PullTaskStatus {
    return this.pulls.get(id);
  }

  /**
   * Tell whether a pull is alive
   *
   * When a byte moved last, tries so far, and the place in the queue.
   */
  @Get(':task_id/health')
  getPullHealth(@Param('task_id') id: string): PullHealth {
    return this.pulls.health(id);
  }

  /**
   * Cancel a pull
   *
   * The connection to Ollama is closed at once; what is on the disk stays, and the next pull goes on from there.
   */
  @Delete(':task_id')
  cancelPullTask(@Param('task_id') id: string): Promise<ModelOperationResponse> {
    return this.pulls.cancel(id);
  }

  /**
   * Remove a pull from the list
   *
   * In any state; one at work is cancelled first.
   */
  @Delete(':task_id/dismiss')
  dismissPullTask(@Param('task_id') id: string): Promise<ModelOperationResponse> {
    return this.pulls.dismiss(id);
  }
}
