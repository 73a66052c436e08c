import { BooleanField, IntField, TextField } from '../../common/validation/fields';
import { type OpenTurn, type StatusData } from '../../live/event-types';

/** Payload of `subscribe`. */
export class SubscribeRequest {
  @TextField({ nonBlank: true, maxLength: 200 })
  readonly experimentId!: string;

  /** Number of the last event that is known already: what came after it is sent first. Left out = only what is new. */
  @IntField({ optional: true, nullable: true, min: 0 })
  readonly after?: number | null = null;

  /** Whether to send the text of turns in progress. */
  @BooleanField({ optional: true })
  readonly deltas?: boolean = true;
}

/** Payload of `unsubscribe`. */
export class UnsubscribeRequest {
  @TextField({ nonBlank: true, maxLength: 200 })
  readonly experimentId!: string;
}

/** Acknowledgement of `subscribe`. */
export interface Subscription extends StatusData {
  experiment_id: string;
  title: string;
  message_count: number;
  /** Turns in progress; their text so far comes as one delta with offset 0. */
  open_turns: OpenTurn[];
  /** Number of the newest event. */
  seq: number;
}
