import { StrictObject } from '../../common/validation/dto-fields';
import { IntField, TextField } from '../../common/validation/fields';

/** A saved agent where an agent is expected. Fields of an agent beside it count more than those that are saved. */
@StrictObject()
export class AgentReference {
  /** `agents/<id>`. @example "agents/travel-guide" */
  @TextField()
  readonly ref!: string;

  /** Which version; left out = the newest. @example 1 */
  @IntField({ optional: true, min: 1 })
  readonly version?: number;
}
