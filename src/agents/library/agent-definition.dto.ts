import { StrictObject } from '../../common/validation/dto-fields';
import { IntField, TextField } from '../../common/validation/fields';
import { AgentModel } from '../agent.dto';
import { MAX_LIBRARY_ID_CHARACTERS } from './library-id';

/**
 * An agent as it is saved, inside of a team or alone: as in a start request, but its id, its colour and its model may be
 * left out. They are made up, or given, when it is used. Unknown fields are refused.
 */
@StrictObject()
export class AgentDefinition extends AgentModel {
  /** Left out = its name. @example "guide" */
  @TextField({ optional: true, maxLength: 200 })
  override readonly id: string = '';

  /** Any text; one of a palette when it is left out. @example "#10B981" */
  @TextField({ optional: true, maxLength: 200 })
  override readonly color: string = '';

  /** Model tag as Ollama lists it; who uses an agent without one names a model. @example "llama3.2:3b" */
  @TextField({ optional: true, trim: true, maxLength: 500 })
  override readonly model: string = '';
}

/** An agent that is to be saved in the library. */
export class SaveAgentRequest extends AgentDefinition {
  /** Letters, digits, `.`, `_`, `-`; made up when it is left out. It cannot be changed. @example "travel-guide" */
  @TextField({ optional: true, minLength: 1, maxLength: MAX_LIBRARY_ID_CHARACTERS })
  override readonly id: string = '';

  /** When it is changed: the newest version that is known; refused when there is a newer one. Left out = whatever. @example 1 */
  @IntField({ optional: true, min: 1 })
  readonly version?: number;
}

/** An agent as it is kept: what was left out stays out, so that it is decided when the agent is used. */
export type KeptAgent = Partial<AgentDefinition> & Pick<AgentDefinition, 'name' | 'prompt'>;

/** What is kept of an agent, apart from some fields. */
export function keptAgent(agent: AgentDefinition, without: readonly string[] = []): KeptAgent {
  const fields = Object.entries(agent).filter(
    ([name, value]) => !without.includes(name) && value !== '' && value !== null && value !== undefined,
  );
  return JSON.parse(JSON.stringify(Object.fromEntries(fields))) as KeptAgent;
}
