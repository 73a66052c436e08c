import { MAX_PAGE } from '../../common/pages/cursor';
import { PageQuery } from '../../common/pages/page-query.dto';
import { BooleanField, ChoiceField, FloatField, IntField } from '../../common/validation/fields';
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

  /** Most events of one answer in JSON. @example 100 */
  @IntField({ optional: true, min: 1, max: 1000 })
  readonly limit?: number = 100;

  /** Server-Sent Events only: whether to send the text of turns in progress. @example true */
  @BooleanField({ optional: true })
  readonly deltas?: boolean = true;
}

/** Query of `GET /api/experiments/{experiment_id}/wait`. */
export class WaitQuery {
  /** Seconds after which it is answered in any case. @example 30 */
  @FloatField({ optional: true, min: 0, max: 300 })
  readonly timeout?: number = 30;
}

/** Query of the list of experiments; `from` and `to` look at `created_at`. Without any of it the whole list is given. */
export class ExperimentListQuery extends PageQuery {
  /** Only experiments with this `status`. @example "completed" */
  @ChoiceField(['running', 'completed', 'error'], { optional: true })
  readonly status?: LegacyStatus;
}

/** Query of a page of turns. */
export class TurnsQuery {
  /** Number of the last turn that is known already. @example 0 */
  @IntField({ optional: true, min: 0 })
  readonly after?: number = 0;

  /** Most turns of one answer; each comes with all of its attempts. @example 100 */
  @IntField({ optional: true, min: 1, max: MAX_PAGE })
  readonly limit?: number = 100;
}
