import { type PullTaskStatus } from './dto/pull.dto';
import { type PullTaskEntity } from './pull-task.entity';

/** A task as clients see it. */
export function taskView(task: PullTaskEntity): PullTaskStatus {
  return {
    task_id: task.id,
    model_name: task.modelName,
    server: task.server,
    status: task.status,
    progress: task.progress,
    error: task.error,
    error_code: task.errorCode,
    created_at: task.createdAt,
    started_at: task.startedAt,
    completed_at: task.completedAt,
  };
}

/** Tasks by their ids. */
export function taskMap(tasks: readonly PullTaskEntity[]): Record<string, PullTaskStatus> {
  return Object.fromEntries(tasks.map((task) => [task.id, taskView(task)]));
}
