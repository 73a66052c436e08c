import { PULL_STATUSES, type PullStatus } from './pull-task.entity';

/**
 * Which status may follow which. A pull that has ended stays as it ended: the first end wins. `running` goes back to
 * `pending` only when the server starts again and takes up what it had left.
 */
export const NEXT_STATUSES: Readonly<Record<PullStatus, readonly PullStatus[]>> = {
  pending: ['running', 'error', 'cancelled'],
  running: ['completed', 'error', 'cancelled', 'pending'],
  completed: [],
  error: [],
  cancelled: [],
};

/** Whether a pull with this status waits or is at work. */
export function isActive(status: PullStatus): boolean {
  return NEXT_STATUSES[status].length > 0;
}

/** The statuses from which a pull may come to this one. */
export function statusesBefore(status: PullStatus): PullStatus[] {
  return PULL_STATUSES.filter((before) => NEXT_STATUSES[before].includes(status));
}
