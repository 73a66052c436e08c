import { MAX_PAGE } from '../../common/pages/cursor';
import { ChoiceField, IntField, TextField, TimeField } from '../../common/validation/fields';
import { type LegacyStatus } from '../experiment-state';

/** Statuses that a client may ask for. */
const STATUS_CHANGES = ['running', 'pending', 'live', 'completed', 'cancelled', 'error'] as const;

export type StatusChange = (typeof STATUS_CHANGES)[number];

/** Query of `PUT /api/experiments/{experiment_id}/status`. */
export class StatusQuery {
  /** `completed`, `cancelled` and `error` stop a running experiment; the others change nothing. @example "completed" */
  @ChoiceField(STATUS_CHANGES)
  readonly status!: StatusChange;
}

/** Query of the stored events. */
export class EventsQuery {
  /** Number of the last event that is known already. @example 0 */
  @IntField({ optional: true, min: 0 })
  readonly after?: number = 0;

  /** Most events of one answer. @example 100 */
  @IntField({ optional: true, min: 1, max: 1000 })
  readonly limit?: number = 100;
}

/** Query of the list of experiments. Without any of it the whole list is given. */
export class ExperimentListQuery {
  /** Most entries of one answer, which then has a `next_cursor`. @example 100 */
  @IntField({ optional: true, min: 1, max: MAX_PAGE })
  readonly limit?: number;

  /** `next_cursor` of the answer before. */
  @TextField({ optional: true, maxLength: 2_000 })
  readonly cursor?: string;

  /** Only experiments with this `status`. @example "completed" */
  @ChoiceField(['running', 'completed', 'error'], { optional: true })
  readonly status?: LegacyStatus;

  /** Only experiments with an agent of this model. @example "llama3.2:3b" */
  @TextField({ optional: true, trim: true, nonBlank: true, maxLength: 500 })
  readonly model?: string;

  /** Only experiments made at this time or later. @example "2026-01-01T00:00:00Z" */
  @TimeField({ optional: true })
  readonly from?: string;

  /** Only experiments made before this time. @example "2026-02-01T00:00:00Z" */
  @TimeField({ optional: true })
  readonly to?: string;
}
