import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import {
  ControlResult,
  PauseRequest,
  RerunRequest,
  StopExperimentRequest,
  TurnRegenerated,
} from './dto/control.dto';
import { ExperimentStarted } from './dto/experiment-answers.dto';
import { Idempotent } from '../idempotency/idempotent.decorator';
import { ResourceId } from '../idempotency/resource-id.decorator';
import { ExperimentControl } from './experiment-control';

@ApiTags('experiments')
@Controller('api/experiments/:experiment_id')
export class ExperimentControlController {
  constructor(private readonly control: ExperimentControl) {}

  /**
   * Pause an experiment
   *
   * After the turn in progress, or at once: then the model call is aborted and its turn made again later. Nothing changes
   * when it is paused already or over.
   */
  @Post('pause')
  @HttpCode(200)
  @ApiBody({ type: PauseRequest, required: false })
  pauseExperiment(
    @Param('experiment_id') id: string,
    @Body() { when = 'turn' }: PauseRequest,
  ): Promise<ControlResult> {
    return this.control.pause(id, when);
  }

  /**
   * Let a paused experiment go on
   *
   * From its last finished turn. It waits in the queue when MAX_RUNNING_EXPERIMENTS run already.
   */
  @Post('resume')
  @HttpCode(200)
  resumeExperiment(@Param('experiment_id') id: string): Promise<ControlResult> {
    return this.control.resume(id);
  }

  /**
   * Stop an experiment for good
   *
   * The model call under way is aborted; the answer comes when that is done.
   */
  @Post('stop')
  @HttpCode(200)
  @ApiBody({ type: StopExperimentRequest, required: false })
  stopExperiment(
    @Param('experiment_id') id: string,
    @Body() { keep = 'excluded' }: StopExperimentRequest,
  ): Promise<ControlResult> {
    return this.control.stop(id, keep);
  }

  /**
   * Run an experiment again
   *
   * A new experiment with the same request and seeds: all runs, or only those that failed, were cancelled or never began.
   */
  @Post('rerun')
  @HttpCode(200)
  @Idempotent()
  @ApiBody({ type: RerunRequest, required: false })
  rerunExperiment(
    @Param('experiment_id') id: string,
    @Body() { runs = 'all' }: RerunRequest,
    @ResourceId() newId: string,
  ): Promise<ExperimentStarted> {
    return this.control.rerun(id, runs, newId);
  }

  /**
   * Make the last turn of a paused experiment again
   *
   * Its message is taken out of the transcript (the events keep it), the same agent speaks again with another seed, then the
   * experiment is paused again. An agent with a seed of its own in its options may say the same.
   */
  @Post('turns/last/regenerate')
  @HttpCode(200)
  regenerateLastTurn(@Param('experiment_id') id: string): Promise<TurnRegenerated> {
    return this.control.regenerateLastTurn(id);
  }
}
