import { Injectable } from '@nestjs/common';
import { type ExperimentStarted } from './dto/experiment-answers.dto';
import { type ExperimentEntity } from './experiment.entity';
import { ExperimentLifecycle } from './experiment-lifecycle';
import { ExperimentRepository } from './experiment.repository';
import { ExperimentRunner } from './experiment-runner';

/** How experiments get to work: new ones, and those that go on. */
@Injectable()
export class ExperimentStarter {
  constructor(
    private readonly repository: ExperimentRepository,
    private readonly lifecycle: ExperimentLifecycle,
    private readonly runner: ExperimentRunner,
  ) {}

  /** What the client was answered that started the experiment of this id; null when there is none. */
  async known(id: string): Promise<ExperimentStarted | null> {
    const experiment = await this.repository.find(id);
    return experiment && startedAnswer(experiment, await this.repository.queuePosition(experiment));
  }

  /**
   * Stores a new experiment; it runs at once when there is a place for it, else it waits.
   * @throws DomainError STORAGE_FULL
   */
  async add(experiment: ExperimentEntity): Promise<ExperimentStarted> {
    this.repository.assertRoom();
    const place = this.runner.reserve(experiment.id);
    experiment.state = place ? 'running' : 'queued';
    let position: number | null;
    try {
      position = await this.lifecycle.create(experiment);
    } catch (error) {
      place?.failed();
      throw error;
    }
    if (place) {
      place.started();
    } else {
      this.enqueue(experiment);
    }
    return startedAnswer(experiment, position);
  }

  /** Lets a stored experiment in state `queued` wait for its turn to run. */
  enqueue({ id, queuedAt, createdAt, runsAlone }: ExperimentEntity): void {
    this.runner.enqueue({ id, queuedAt: queuedAt ?? createdAt, alone: runsAlone });
  }
}

/** What a client hears of an experiment that it started. */
function startedAnswer({ id, state }: ExperimentEntity, queuePosition: number | null): ExperimentStarted {
  return {
    experiment_id: id,
    status: 'started',
    websocket_url: `/ws/experiments/${id}`,
    state,
    queue_position: queuePosition,
  };
}
