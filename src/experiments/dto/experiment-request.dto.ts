import { AgentModel } from '../../agents/agent.dto';
import { type ItemFields } from '../../agents/prompt/placeholders';
import {
  BooleanField,
  ChoiceField,
  FloatField,
  IntField,
  ObjectField,
  ObjectListField,
  SchemaField,
  TextField,
  ValueField,
} from '../../common/validation/fields';
import { type ContextPolicy } from '../../agents/prompt/agent';
import { type StopRule } from '../../conversations/team/definition/stop-rule';
import { type TeamDefinition } from '../../conversations/team/definition/team-definition';
import { stopRuleSchema, teamSchema } from '../../conversations/team/definition/team-schema';
import { PRIORITIES, type Priority } from '../../ollama/priority';
import { itemFieldsProblem, MAX_ITEM_FIELDS } from '../item-fields';
import { isParallelism, type Parallelism } from '../parallelism';
import { isCallbackUrl, MAX_CALLBACK_URL_CHARACTERS } from '../webhooks/callback-url';

/** One item of a dataset: each gets a run of its own. */
export class TaskItemModel {
  /** What the agents are to do. @example "What is 2 + 2?" */
  @TextField({ trim: true, nonBlank: true })
  readonly task!: string;

  /** The expected answer; stored, the agents do not see it. @example "4" */
  @TextField({ optional: true, nullable: true })
  readonly answer?: string | null = null;

  /** What prompts may name as `{{item.<field>}}`: texts, numbers, booleans or null; at most 50. @example {"level": "easy"} */
  @ValueField(
    (value) => itemFieldsProblem(value) === null,
    (value) => `Value error, ${itemFieldsProblem(value) ?? ''}`,
    {
      type: 'object',
      maxProperties: MAX_ITEM_FIELDS,
      additionalProperties: {
        oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }],
        nullable: true,
      },
    },
    { optional: true, nullable: true },
  )
  readonly fields?: ItemFields | null;
}

/** What the agents are to do. */
export class TaskModel {
  /** Any text. @example "task-1" */
  @TextField({ maxLength: 200 })
  readonly id!: string;

  /** @example "Plan a weekend in Lisbon." */
  @TextField({ trim: true, nonBlank: true })
  readonly prompt!: string;

  /** With items there is one run for each, and `iterations` does not count. */
  @ObjectListField(() => TaskItemModel, { optional: true, nullable: true })
  readonly datasetItems?: readonly TaskItemModel[] | null = null;
}

/** How a team of several agents takes turns and when it stops. A single agent gives one reply, whatever stands here. */
export class ChatRulesModel {
  /** Turns of agents in a run; raised to the number of agents when it is smaller. @example 8 */
  @IntField({ optional: true, min: 1, max: 100 })
  readonly max_rounds?: number = 8;

  /** `round_robin` = in the order of the agents; `selector` = a model chooses who speaks next. @example "round_robin" */
  @ChoiceField(['round_robin', 'selector'], { optional: true })
  readonly team_type?: 'round_robin' | 'selector' = 'round_robin';

  /** Question to the selector with `{roles}`, `{participants}`, `{history}`, in single or double braces; blank = a built-in one. */
  @TextField({ optional: true, nullable: true })
  readonly selector_prompt?: string | null = null;

  /** Selector only: whether an agent may speak twice in a row. @example false */
  @BooleanField({ optional: true, nullable: true })
  readonly allow_repeat_speaker?: boolean | null = null;

  /** Selector with repeats only: most turns that one agent may take in a row; 0 or null = no limit. @example 3 */
  @IntField({ optional: true, nullable: true })
  readonly max_consecutive_auto_reply?: number | null = null;

  /** The run stops after a message of an agent that contains this text (case-sensitive); empty = none. @example "DONE" */
  @TextField({ optional: true, nullable: true })
  readonly termination_condition?: string | null = null;
}

/** An experiment to be started. */
export class ExperimentRequest {
  @ObjectField(() => TaskModel)
  readonly task!: TaskModel;

  /** At least one. */
  @ObjectListField(() => AgentModel, { minItems: 1 })
  readonly agents!: AgentModel[];

  /** Number of runs. @example 1 */
  @IntField({ optional: true, min: 1 })
  readonly iterations?: number = 1;

  /** Left out = round robin with DEFAULT_MAX_ROUNDS turns. */
  @ObjectField(() => ChatRulesModel, { optional: true, nullable: true })
  readonly chat_rules?: ChatRulesModel | null = null;

  /** How the agents work together, by any pattern; instead of `chat_rules`. Unknown fields are refused. */
  @SchemaField(teamSchema, { optional: true, nullable: true, example: null })
  readonly team?: TeamDefinition | null = null;

  /** When a run ends, besides what `team` or `chat_rules` say: one rule, or `any` / `all` of several. */
  @SchemaField(stopRuleSchema, { optional: true, nullable: true, example: { type: 'text', text: 'DONE' } })
  readonly stop?: StopRule | null = null;

  /** A prompt longer than the context of its model: `drop_oldest` = the oldest messages are left out, `fail` = the run fails; CONTEXT_POLICY when it is left out. @example "drop_oldest" */
  @ChoiceField(['drop_oldest', 'fail'], { optional: true, nullable: true })
  readonly context_policy?: ContextPolicy | null = null;

  /** Conversations (runs) that are open side by side: a number, or `auto` = as many as keep the models at work. @example "auto" */
  @ValueField(
    isParallelism,
    'Value error, must be "auto" or a whole number of at least 1',
    {
      oneOf: [
        { type: 'string', enum: ['auto'] },
        { type: 'integer', minimum: 1 },
      ],
    },
    { optional: true, nullable: true },
  )
  readonly parallelism?: Parallelism | null = null;

  /** Share of the work when several experiments wait for one model: `high` gets four times that of `normal`, and that four times that of `low`. @example "normal" */
  @ChoiceField(PRIORITIES, { optional: true, nullable: true })
  readonly priority?: Priority | null = null;

  /** Active seconds after which the experiment is stopped; a default is derived from the settings. @example 3600 */
  @FloatField({ optional: true, nullable: true, min: 0.001, max: 31_536_000 })
  readonly timeout_seconds?: number | null = null;

  /** All random choices and sampling seeds are derived from it; drawn when it is left out. @example 7 */
  @IntField({ optional: true, nullable: true, min: 0, max: 2_147_483_647 })
  readonly seed?: number | null = null;

  /** Address that gets a signed POST (Standard Webhooks) when the experiment is over; its host must be in WEBHOOK_HOSTS. @example "https://hooks.example/herd" */
  @ValueField(
    isCallbackUrl,
    `Value error, must be an address with http:// or https:// of at most ${MAX_CALLBACK_URL_CHARACTERS} characters, without spaces, user and password`,
    { type: 'string', maxLength: MAX_CALLBACK_URL_CHARACTERS },
    { optional: true, nullable: true },
  )
  readonly callback_url?: string | null = null;
}

/** Changes of an experiment's metadata. Other fields, `status` among them, are ignored. */
export class ExperimentUpdate {
  /** @example "Weekend in Lisbon" */
  @TextField({ optional: true, trim: true, nonBlank: true })
  readonly title?: string;
}
