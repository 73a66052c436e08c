import { IntField, ObjectField, TextField } from '../../common/validation/fields';
import { StrictObject } from '../../common/validation/dto-fields';
import { AgentOptionsModel } from '../agent.dto';
import { AgentDefinition } from '../library/agent-definition.dto';
import { type ContextUse } from '../prompt/context-use';

/** What an agent is asked, to try it out. Nothing of it is stored. */
@StrictObject()
export class TryAgentRequest {
  /** @example "What shall we do on Saturday?" */
  @TextField({ trim: true, nonBlank: true })
  readonly message!: string;

  /** Another model than that of the agent; needed when it has none. @example "llama3.2:3b" */
  @TextField({ optional: true, nullable: true, trim: true, nonBlank: true, maxLength: 500 })
  readonly model?: string | null = null;

  /** Options that count more than those of the agent. */
  @ObjectField(() => AgentOptionsModel, { optional: true, nullable: true })
  readonly options?: AgentOptionsModel | null = null;
}

/** What a saved agent is asked. */
export class TrySavedAgentRequest extends TryAgentRequest {
  /** Which version; left out = the newest. @example 1 */
  @IntField({ optional: true, min: 1, max: 2_147_483_647 })
  readonly version?: number;
}

/** What an agent is asked that is not saved. */
export class TryNewAgentRequest extends TryAgentRequest {
  @ObjectField(() => AgentDefinition)
  readonly agent!: AgentDefinition;
}

/** Tokens of all calls that an answer took. */
export class TryTokens {
  /** @example 31 */
  prompt!: number;
  /** @example 12 */
  completion!: number;
}

/** What did not fit into the context of the model. */
export class TryContext implements ContextUse {
  /** Tokens of the prompt, as estimated before it was sent. @example 4100 */
  estimated_tokens!: number;
  /** Tokens that the context holds. @example 4096 */
  num_ctx!: number;
  /** Messages that were left out. @example 0 */
  dropped_messages!: number;
  /** Their tokens. @example 0 */
  dropped_tokens!: number;
  /** Whether Ollama cut the prompt itself. */
  cut_by_ollama!: boolean;
}

/** The answer of an agent that is tried out. */
export class TryAnswer {
  /** @example "Let us take tram 28." */
  text!: string;
  /** What the model thought before. */
  thinking!: string;
  /** The structured answer of an agent with a `response_format`; else null. */
  parsed!: unknown;
  /** Why the answer does not fit the `response_format`; null when it does. */
  format_error!: string | null;
  tokens!: TryTokens;
  /** Milliseconds from the request to the answer, the wait for a free slot included. @example 840 */
  duration_ms!: number;
  /** What did not fit into the context of the model; null when everything did. */
  context!: TryContext | null;
}
