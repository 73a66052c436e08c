import { Inject, Injectable } from '@nestjs/common';
import { DomainError } from '../common/errors/domain-error';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { fullModelName, type ModelName } from '../ollama/model-name';
import { OllamaFleet } from '../ollama/ollama-fleet';
import { checkedServer } from '../ollama/server-choice';
import { checkedModelName } from './checked-model-name';
import { DiskSpace } from './disk-space';
import {
  type ModelOperationResponse,
  type PullHealth,
  type PullModelRequest,
  type PullModelResponse,
  type PullTaskStatus,
} from './dto/pull.dto';
import { PullBook, pullNotFound } from './pull-book';
import { PullRunner } from './pull-runner';
import { isActive } from './pull-state';
import { type PullTaskEntity } from './pull-task.entity';
import { taskMap, taskView } from './pull-views';

/** Pulls from the request to the answer. */
@Injectable()
export class PullsService {
  /** New tasks on their way into the database, by full model name: a second request for the same one waits for it. */
  private readonly beingStored = new Map<string, Promise<void>>();

  constructor(
    private readonly book: PullBook,
    private readonly runner: PullRunner,
    private readonly ollama: OllamaFleet,
    private readonly disk: DiskSpace,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /**
   * Begins a pull, or tells of the one that is pulling this model to the same servers already.
   * @param newId id of the new task; a task with it was begun by this same request before
   */
  async start({ name: model, server }: PullModelRequest, newId: string): Promise<PullModelResponse> {
    const known = this.book.find(newId);
    if (known) {
      return begun(known);
    }
    this.requireRegistry(checkedModelName(model, ['body', 'name']));
    const choice = checkedServer(server, this.ollama.addresses, ['body', 'server']);
    const active = this.activeOf(model, choice);
    if (active) {
      return existing(active);
    }
    await this.ollama.version(undefined, choice);
    if (this.ollama.addressesOf(choice).some((address) => this.disk.holdsModelsOf(address))) {
      await this.disk.requireRoom();
    }
    const full = fullModelName(model);
    for (let other = this.beingStored.get(full); other; other = this.beingStored.get(full)) {
      await other.catch(() => undefined);
    }
    // Nothing is waited for between this look and the note that the task is being stored.
    const meanwhile = this.activeOf(model, choice);
    return meanwhile ? existing(meanwhile) : this.startNew(newTask(newId, model, choice), full);
  }

  list(): Record<string, PullTaskStatus> {
    return taskMap(this.book.all());
  }

  get(id: string): PullTaskStatus {
    return taskView(this.book.get(id));
  }

  /** The newest task of a model. */
  getByModel(model: string): PullTaskStatus {
    const task = this.book.newestOf(model);
    if (!task) {
      throw pullNotFound(model);
    }
    return taskView(task);
  }

  health(id: string): PullHealth {
    const task = this.book.get(id);
    return {
      task_id: task.id,
      model_name: task.modelName,
      status: task.status,
      thread_alive: this.runner.hasWorker(id),
      last_progress_age_seconds: ageInSeconds(task.lastProgressAt),
      retry_count: task.retryCount,
      last_retry_at: task.lastRetryAt,
      queue_position: this.runner.positionOf(id),
      available_concurrency_slots: this.runner.freeSlots,
      max_concurrency: this.settings.pullMaxConcurrency,
    };
  }

  async cancel(id: string): Promise<ModelOperationResponse> {
    const { modelName } = this.book.get(id);
    if (!(await this.cancelTask(id))) {
      throw new DomainError('PULL_NOT_ACTIVE', `The pull of ${modelName} has ended already.`);
    }
    return { success: true, message: `The pull of ${modelName} is cancelled.` };
  }

  /** Removes a task in any state; watchers of one at work hear first that it was cancelled. */
  async dismiss(id: string): Promise<ModelOperationResponse> {
    const { modelName, status } = this.book.get(id);
    if (isActive(status)) {
      await this.cancelTask(id);
    }
    await this.book.remove([id]);
    return { success: true, message: `The pull of ${modelName} is dismissed.` };
  }

  /** The end is stored before the work is stopped: a cancel that could not be stored has not happened. */
  private async cancelTask(id: string): Promise<boolean> {
    const cancelled = await this.book.move(id, 'cancelled', {
      errorCode: 'CANCELLED',
      completedAt: new Date().toISOString(),
    });
    if (cancelled) {
      this.runner.stop(id);
    }
    return cancelled !== null;
  }

  /** The task that pulls a model to all of the chosen servers, or waits to do so. */
  private activeOf(model: string, choice: string): PullTaskEntity | null {
    const wanted = this.ollama.addressesOf(choice);
    const covers = ({ server }: PullTaskEntity) => {
      const servers = this.ollama.addressesOf(server);
      return wanted.every((address) => servers.includes(address));
    };
    return this.book.activeOf(model).find(covers) ?? null;
  }

  private async startNew(task: PullTaskEntity, full: string): Promise<PullModelResponse> {
    const stored = this.book.add(task);
    this.beingStored.set(full, stored);
    try {
      await stored;
    } finally {
      this.beingStored.delete(full);
    }
    this.runner.enqueue(task.id);
    return begun(task);
  }

  /** @throws DomainError REGISTRY_NOT_ALLOWED */
  private requireRegistry({ host }: ModelName): void {
    const isAllowed = this.settings.pullRegistries.some(
      (allowed) => allowed.toLowerCase() === host.toLowerCase(),
    );
    if (!isAllowed) {
      throw new DomainError(
        'REGISTRY_NOT_ALLOWED',
        `Models may not be pulled from ${host}. See PULL_REGISTRIES.`,
      );
    }
  }
}

function begun({ id, modelName }: PullTaskEntity): PullModelResponse {
  return { task_id: id, message: `The pull of ${modelName} has begun.`, existing_task_id: null };
}

function existing({ id, modelName }: PullTaskEntity): PullModelResponse {
  return { task_id: null, message: `${modelName} is being pulled already.`, existing_task_id: id };
}

function newTask(id: string, modelName: string, server: string): PullTaskEntity {
  return {
    id,
    modelName,
    server,
    status: 'pending',
    progress: null,
    errorCode: null,
    error: null,
    createdAt: new Date().toISOString(),
    startedAt: null,
    completedAt: null,
    lastProgressAt: null,
    retryCount: 0,
    lastRetryAt: null,
  };
}

function ageInSeconds(time: string | null): number | null {
  return time === null ? null : Math.max(0, Date.now() - Date.parse(time)) / 1000;
}
