import { ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { AgentDefinition } from '../../agents/library/agent-definition.dto';
import { AgentReference } from '../../agents/library/agent-reference.dto';
import { schemaReference } from '../../common/validation/named-schemas';
import { stopRuleSchema } from '../../conversations/team/definition/team-schema';
import { type StopRule } from '../../conversations/team/definition/stop-rule';
import { TaskModel } from './experiment-request.dto';

/** A saved team where a team is expected. Fields of the team beside it count more than those that are saved. */
export class TeamReference {
  /** `teams/<id>`. @example "teams/debate-two-sides" */
  ref!: string;
  /** Which version; left out = the newest. @example 1 */
  version?: number;
  /** As every other field of the team. @example 8 */
  max_turns?: number;
}

/**
 * A start request that names entries of the library. Everything else that a start request may hold may stand in it, too. The
 * stored experiment holds what the entries were at its start.
 */
export class LibraryExperimentRequest {
  task!: TaskModel;

  /** Agents and references. Beside a saved team: those that it gets, and what is different with those that it has, by name. */
  @ApiProperty({
    required: false,
    type: 'array',
    items: { anyOf: [{ $ref: getSchemaPath(AgentReference) }, { $ref: getSchemaPath(AgentDefinition) }] },
  })
  agents?: object[];

  team?: TeamReference;

  /** When a run ends; left out = as it is saved with the team. */
  @ApiProperty({ required: false, ...schemaReference(stopRuleSchema, true), example: null })
  stop?: StopRule | null;

  /** Models by names of agents; `*` = all that are not named and have no model in `agents`. */
  @ApiProperty({
    selfRequired: false,
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { '*': 'llama3.2:3b', Judge: 'qwen3:8b' },
  })
  models?: Record<string, string>;
}
