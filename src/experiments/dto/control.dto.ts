import { ChoiceField } from '../../common/validation/fields';
import { OptionalBody, StrictObject } from '../../common/validation/dto-fields';
import { type ExperimentState, type PauseReason } from '../experiment-state';

/** Body of a pause; may be left out. */
@OptionalBody()
@StrictObject()
export class PauseRequest {
  /** `turn` = when the turn in progress has ended; `now` = it is broken off, and made again later. @example "turn" */
  @ChoiceField(['turn', 'now'], { optional: true })
  readonly when?: 'turn' | 'now' = 'turn';
}

/** Body of a stop; may be left out. */
@OptionalBody()
@StrictObject()
export class StopExperimentRequest {
  /**
   * What becomes of the run in progress: `counted` = it counts as completed with what was said; `excluded` = what was said is kept,
   * but the run is cancelled; `none` = it is removed. @example "excluded"
   */
  @ChoiceField(['counted', 'excluded', 'none'], { optional: true })
  readonly keep?: 'counted' | 'excluded' | 'none' = 'excluded';
}

/** Body of a rerun; may be left out. */
@OptionalBody()
@StrictObject()
export class RerunRequest {
  /** `all` = every run; `failed` = those that failed, were cancelled or never began. @example "failed" */
  @ChoiceField(['all', 'failed'], { optional: true })
  readonly runs?: 'all' | 'failed' = 'all';
}

/** What a request to control an experiment did. Repeating it changes nothing more. */
export class ControlResult {
  /** @example "5f0c1d2e-0d6c-4d53-8f4b-0e1a2b3c4d5e" */
  experiment_id!: string;
  /** Whether the request changed anything. @example true */
  changed!: boolean;
  /** The state before. @example "running" */
  previous_state!: ExperimentState;
  /** The state now. @example "pausing" */
  state!: ExperimentState;
  /** The state as existing clients know it. @example "running" */
  status!: string;
  /** Why it is paused; null in every other state. */
  pause_reason!: PauseReason | null;
  /** Place among those that wait to run, from 1; null when it does not wait. */
  queue_position!: number | null;
}

export class TurnRegenerated extends ControlResult {
  /** Number of the run, from 1. @example 1 */
  iteration!: number;
  /** Number of the turn that is made again, from 1. @example 7 */
  turn!: number;
}
