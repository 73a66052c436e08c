import { TextField } from '../../common/validation/fields';
import { type PullTaskStatus } from './pull.dto';
import { type PullProgress } from '../pull-progress';

/** Payload of `subscribe` and `unsubscribe`: one pull, or all of them when no id is given. */
export class PullSubscriptionRequest {
  @TextField({ optional: true, nullable: true, nonBlank: true, maxLength: 200 })
  readonly taskId?: string | null = null;
}

/** Acknowledgement of `subscribe`: how the pulls stand at this moment, by their ids. */
export interface PullSubscription {
  tasks: Record<string, PullTaskStatus>;
}

/** All that a client of the namespace `/models` can get. */
export type ModelEvents = {
  /** How far a pull is, at its throttled pace. */
  'pull.progress': (event: { task_id: string; model_name: string; progress: PullProgress | null }) => void;
  /** A pull is new, or its status changed. */
  'pull.status': (task: PullTaskStatus) => void;
  /** A pull is no longer listed. */
  'pull.removed': (event: { task_id: string; model_name: string }) => void;
  /** A model was taken off the disk, of the one server or of the named one; told to who watches all pulls. */
  'model.deleted': (event: { name: string; server?: string }) => void;
};
