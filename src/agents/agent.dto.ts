import { StrictObject } from '../common/validation/dto-fields';
import {
  ChoiceField,
  FloatField,
  IntField,
  ObjectField,
  TextField,
  TextListField,
  ValueField,
} from '../common/validation/fields';
import { type Think } from '../ollama/sampling-options';
import { type Agent, type AgentOptions, type HistoryView } from './prompt/agent';
import { checkResponseFormat } from './prompt/response-format';

/** Values are spelled out because the types of TypeORM do not know `unknown`. */
type JsonObject = Readonly<Record<string, string | number | boolean | object | null>>;

const THINK_LEVELS = ['low', 'medium', 'high', 'max'];

/** How a model is asked for the turns of an agent. What is left out comes from the settings. Unknown fields are refused. */
@StrictObject()
export class AgentOptionsModel {
  /** @example 0.7 */
  @FloatField({ optional: true, min: 0, max: 2 })
  readonly temperature?: number;

  /** @example 0.9 */
  @FloatField({ optional: true, min: 0, max: 1 })
  readonly top_p?: number;

  /** @example 40 */
  @IntField({ optional: true, min: 0, max: 100_000 })
  readonly top_k?: number;

  /** @example 0.05 */
  @FloatField({ optional: true, min: 0, max: 1 })
  readonly min_p?: number;

  /** @example 1.1 */
  @FloatField({ optional: true, min: 0, max: 10 })
  readonly repeat_penalty?: number;

  /** Sampling seed; derived from the seed of the experiment when it is left out. @example 7 */
  @IntField({ optional: true, min: 0, max: 2_147_483_647 })
  readonly seed?: number;

  /** Most tokens of one answer. @example 512 */
  @IntField({ optional: true, min: 1, max: 1_000_000 })
  readonly num_predict?: number;

  /** Context window in tokens; one value counts for all who use the model: the largest asked for. @example 8192 */
  @IntField({ optional: true, min: 16, max: 10_000_000 })
  readonly num_ctx?: number;

  /** Texts at which the model stops. @example ["END"] */
  @TextListField({ optional: true, maxItems: 16, minLength: 1, maxLength: 200 })
  readonly stop?: readonly string[];

  /** Whether a model that can think does so: true, false, or a level. @example false */
  @ValueField(
    (value) => typeof value === 'boolean' || (typeof value === 'string' && THINK_LEVELS.includes(value)),
    "Input should be true, false, 'low', 'medium', 'high' or 'max'",
    { oneOf: [{ type: 'boolean' }, { type: 'string', enum: THINK_LEVELS }] },
    { optional: true },
  )
  readonly think?: Think;

  /** How long Ollama keeps the model loaded afterwards: seconds, or a duration with unit; -1 = for ever. @example "10m" */
  @ValueField(
    isKeepAlive,
    'Input should be a number of seconds, or a duration such as 10m or 1h30m',
    { oneOf: [{ type: 'number' }, { type: 'string', maxLength: 50 }] },
    { optional: true },
  )
  readonly keep_alive?: string | number;
}

function isKeepAlive(value: unknown): boolean {
  return typeof value === 'string'
    ? value.length <= 50 && /^-?(\d+|(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+)$/.test(value)
    : typeof value === 'number' && Number.isFinite(value);
}

/** What an agent hears of what others said. Unknown fields are refused. */
@StrictObject()
export class HistoryViewModel {
  /** Only so many messages of others, the newest; 0 = none. @example 10 */
  @IntField({ optional: true, min: 0, max: 10_000 })
  readonly last?: number;

  /** Only messages of the agents with these names. @example ["Critic"] */
  @TextListField({ optional: true, maxItems: 64, minLength: 1, maxLength: 100 })
  readonly from?: readonly string[];
}

/** A member of the team. */
export class AgentModel {
  /** Any text; each agent has its own. @example "agent-1" */
  @TextField({ maxLength: 200 })
  readonly id!: string;

  /** Identifier (letters, digits, `_`); each agent has its own, whatever its case; not `user` or `system`. @example "Guide" */
  @TextField({ trim: true, nonBlank: true })
  readonly name!: string;

  /** System prompt. @example "You are a friendly travel guide." */
  @TextField({ trim: true, nonBlank: true })
  readonly prompt!: string;

  /** Any text; the dashboard sends `#RRGGBB`. @example "#10B981" */
  @TextField({ maxLength: 200 })
  readonly color!: string;

  /** Model tag as Ollama lists it. @example "llama3.2:3b" */
  @TextField({ trim: true, nonBlank: true, maxLength: 500 })
  readonly model!: string;

  /** Sampling temperature; DEFAULT_TEMPERATURE when it is left out. @example 0.7 */
  @FloatField({ optional: true, nullable: true, min: 0, max: 1 })
  readonly temperature?: number | null = null;

  /** Further options; a `temperature` in them wins. */
  @ObjectField(() => AgentOptionsModel, { optional: true, nullable: true })
  readonly options?: AgentOptionsModel | null = null;

  /** What others, and models that choose a speaker, are told of it; the beginning of its prompt when it is left out. @example "Knows Lisbon." */
  @TextField({ optional: true, nullable: true, trim: true, nonBlank: true, maxLength: 2_000 })
  readonly description?: string | null;

  /** What it hears of what others said; everything when it is left out. Its own messages are always there. */
  @ObjectField(() => HistoryViewModel, { optional: true, nullable: true })
  readonly history?: HistoryViewModel | null;

  /** How it is told who said what: `prefix` = `Name: text`, `system` = by numbers that a list in the system message explains, `none` = not at all. `prefix` when it is left out. @example "prefix" */
  @ChoiceField(['prefix', 'system', 'none'], { optional: true, nullable: true })
  readonly attribution?: 'prefix' | 'system' | 'none' | null;

  /** Thinking that it reads of what was said: none (`drop`), its `own`, or that of all (`share`). `drop` when it is left out. @example "drop" */
  @ChoiceField(['drop', 'own', 'share'], { optional: true, nullable: true })
  readonly thinking?: 'drop' | 'own' | 'share' | null;

  /** JSON schema of its answers, of the type `object`; at most 100 KB, references only within it, no `pattern`. @example {"type": "object", "properties": {"score": {"type": "integer"}}, "required": ["score"]} */
  @ValueField(
    (value) => checkResponseFormat(value) === null,
    (value) => `Value error, ${checkResponseFormat(value) ?? ''}`,
    { type: 'object', additionalProperties: true },
    { optional: true, nullable: true },
  )
  readonly response_format?: JsonObject | null;
}

/** An agent as it is stored and shown: as it was sent, with nothing left out of what existing clients know. */
export interface StoredAgent {
  readonly id: string;
  readonly name: string;
  readonly prompt: string;
  readonly color: string;
  readonly model: string;
  readonly temperature: number | null;
  readonly options: AgentOptions;
  readonly description?: string;
  readonly history?: HistoryView;
  readonly attribution?: NonNullable<Agent['attribution']>;
  readonly thinking?: NonNullable<Agent['thinking']>;
  readonly response_format?: JsonObject;
}

export function toStoredAgent(agent: AgentModel): StoredAgent {
  const { id, name, prompt, color, model, temperature, options } = agent;
  const { description, history, attribution, thinking, response_format: format } = agent;
  return {
    id,
    name,
    prompt,
    color,
    model,
    temperature: temperature ?? null,
    options: { ...options },
    // Agents of existing clients have none of these, and get none back.
    ...(description ? { description } : {}),
    ...(history ? { history: { ...history } } : {}),
    ...(attribution ? { attribution } : {}),
    ...(thinking ? { thinking } : {}),
    ...(format ? { response_format: format } : {}),
  };
}

/** The agent as the team knows it. */
export function toAgent({ temperature, options, ...agent }: StoredAgent): Agent {
  return { ...agent, options: { ...(temperature === null ? {} : { temperature }), ...options } };
}
