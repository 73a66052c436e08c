import { getSchemaPath } from '@nestjs/swagger';
import { AgentDefinition } from '../../agents/library/agent-definition.dto';
import { AgentReference } from '../../agents/library/agent-reference.dto';
import { MAX_LIBRARY_ID_CHARACTERS } from '../../agents/library/library-id';
import { StrictObject } from '../../common/validation/dto-fields';
import { IntField, SchemaField, TextField, ValueField } from '../../common/validation/fields';
import { isPlainObject } from '../../common/validation/unsafe-values';
import { type StopRule } from '../team/definition/stop-rule';
import { type TeamDefinition } from '../team/definition/team-definition';
import { stopRuleSchema, teamSchema } from '../team/definition/team-schema';

/** A team that is to be saved in the library. Unknown fields are refused. */
@StrictObject()
export class SaveTeamRequest {
  /** Letters, digits, `.`, `_`, `-`; made up when it is left out. It cannot be changed. @example "two-guides" */
  @TextField({ optional: true, minLength: 1, maxLength: MAX_LIBRARY_ID_CHARACTERS })
  readonly id: string = '';

  /** @example "Two guides" */
  @TextField({ trim: true, nonBlank: true })
  readonly name!: string;

  /** What it is for. @example "Two guides plan a trip together." */
  @TextField({ optional: true, nullable: true, maxLength: 10_000 })
  readonly description?: string | null = null;

  /** Who may take part: agents, or references to saved ones. */
  @ValueField(
    (value) => Array.isArray(value) && value.length > 0 && value.every(isPlainObject),
    'Value error, must be a list of agents, or of references such as {"ref": "agents/<id>"}, with at least one',
    {
      type: 'array',
      minItems: 1,
      items: { anyOf: [{ $ref: getSchemaPath(AgentDefinition) }, { $ref: getSchemaPath(AgentReference) }] },
    },
  )
  readonly agents!: readonly Readonly<Record<string, unknown>>[];

  /** How they work together. */
  @SchemaField(teamSchema)
  readonly team!: TeamDefinition;

  /** When a run ends, besides what `team` says. */
  @SchemaField(stopRuleSchema, { optional: true, nullable: true, example: { type: 'text', text: 'DONE' } })
  readonly stop?: StopRule | null = null;

  /** When it is changed: the newest version that is known; refused when there is a newer one. Left out = whatever. @example 1 */
  @IntField({ optional: true, min: 1 })
  readonly version?: number;
}

/** What is kept of a team. */
export interface KeptTeam {
  readonly name: string;
  readonly description?: string;
  /** Agents and references, as they were sent. */
  readonly agents: readonly Readonly<Record<string, unknown>>[];
  readonly team: TeamDefinition;
  readonly stop?: StopRule;
}
