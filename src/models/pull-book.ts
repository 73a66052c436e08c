import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';
import { DomainError } from '../common/errors/domain-error';
import { Database } from '../database/database';
import { fullModelName } from '../ollama/model-name';
import { PullFeed } from './pull-feed';
import { type PullProgress } from './pull-progress';
import { isActive, statusesBefore } from './pull-state';
import { type PullStatus, PullTaskEntity } from './pull-task.entity';

type PullChanges = Partial<Omit<PullTaskEntity, 'id' | 'modelName' | 'createdAt'>>;

/**
 * All pull tasks: in memory, where each one is always current, and in the database. Whatever changes is stored first,
 * then seen, then told; only the progress in memory runs ahead of what is stored.
 */
@Injectable()
export class PullBook {
  private readonly tasks = new Map<string, PullTaskEntity>();

  constructor(
    private readonly database: Database,
    private readonly feed: PullFeed,
  ) {}

  /** Reads what is stored; at start, before anything else is asked. */
  async load(): Promise<void> {
    const stored = await this.database.read.find(PullTaskEntity, { order: { createdAt: 'ASC', id: 'ASC' } });
    for (const task of stored) {
      this.tasks.set(task.id, task);
    }
  }

  /** All tasks, oldest first. */
  all(): PullTaskEntity[] {
    return [...this.tasks.values()];
  }

  find(id: string): PullTaskEntity | null {
    return this.tasks.get(id) ?? null;
  }

  /** @throws DomainError PULL_NOT_FOUND */
  get(id: string): PullTaskEntity {
    const task = this.find(id);
    if (!task) {
      throw pullNotFound(id);
    }
    return task;
  }

  /** The newest task of a model, in whatever spelling. */
  newestOf(model: string): PullTaskEntity | null {
    const full = fullModelName(model);
    return this.all().findLast(({ modelName }) => fullModelName(modelName) === full) ?? null;
  }

  /** The tasks that pull a model or wait to do so, in whatever spelling. */
  activeOf(model: string): PullTaskEntity[] {
    const full = fullModelName(model);
    return this.all().filter(
      ({ modelName, status }) => isActive(status) && fullModelName(modelName) === full,
    );
  }

  /** @throws DomainError STORAGE_FULL */
  async add(task: PullTaskEntity): Promise<void> {
    this.database.storage.assertRoom();
    await this.database.write(async (tx) => {
      await tx.insert(PullTaskEntity, { ...task });
    });
    this.tasks.set(task.id, task);
    this.feed.next({ kind: 'status', task });
  }

  /**
   * Brings a task to another status, if its status allows it: of two ends the first one wins. Its progress is stored too.
   * @returns the task as it is now; null when nothing was changed
   */
  async move(
    id: string,
    status: PullStatus,
    changes: Omit<PullChanges, 'status'> = {},
  ): Promise<PullTaskEntity | null> {
    const task = this.find(id);
    if (!task) {
      return null;
    }
    const { progress, lastProgressAt } = task;
    return this.change(id, statusesBefore(status), { progress, lastProgressAt, ...changes, status });
  }

  /** Notes a further try of a pull that is at work. */
  async noteRetry(id: string): Promise<void> {
    const retryCount = this.get(id).retryCount + 1;
    await this.change(id, ['running'], { retryCount, lastRetryAt: new Date().toISOString() });
  }

  /** Notes how far a pull is, in memory only. */
  setProgress(id: string, progress: PullProgress, lastProgressAt: string | null): void {
    const task = this.tasks.get(id);
    if (task?.status === 'running') {
      this.tasks.set(id, { ...task, progress, lastProgressAt });
    }
  }

  /** Stores and tells how far a pull is. */
  async storeProgress(id: string): Promise<void> {
    const task = this.tasks.get(id);
    if (!task) {
      return;
    }
    const { progress, lastProgressAt } = task;
    const isStored = await this.update(id, ['running'], { progress, lastProgressAt });
    if (isStored) {
      this.feed.next({ kind: 'progress', task });
    }
  }

  /** Removes tasks for good. */
  async remove(ids: readonly string[]): Promise<void> {
    const known = ids.filter((id) => this.tasks.has(id));
    await this.database.write(
      async (tx) => {
        await tx.delete(PullTaskEntity, { id: In(known) });
      },
      { makesRoom: true },
    );
    for (const id of known) {
      const task = this.tasks.get(id);
      if (task) {
        this.tasks.delete(id);
        this.feed.next({ kind: 'removed', task });
      }
    }
  }

  private async change(
    id: string,
    from: readonly PullStatus[],
    changes: PullChanges,
  ): Promise<PullTaskEntity | null> {
    const isStored = await this.update(id, from, changes);
    const before = this.tasks.get(id);
    if (!isStored || !before) {
      return null;
    }
    const task = { ...before, ...changes };
    this.tasks.set(id, task);
    this.feed.next({ kind: 'status', task });
    return task;
  }

  private update(id: string, from: readonly PullStatus[], changes: PullChanges): Promise<boolean> {
    return this.database.write(async (tx: EntityManager) => {
      const { affected } = await tx.update(PullTaskEntity, { id, status: In([...from]) }, { ...changes });
      return (affected ?? 0) > 0;
    });
  }
}

export function pullNotFound(id: string): DomainError {
  return new DomainError('PULL_NOT_FOUND', 'Pull task not found', {
    resource_type: 'pull_task',
    resource_id: id,
  });
}
