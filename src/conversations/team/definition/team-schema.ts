import { z } from 'zod';
import { nameSchema } from '../../../common/validation/named-schemas';
import { type EdgeCondition, type Participant, type TeamDefinition } from './team-definition';
import { type StopRule } from './stop-rule';

/** What is read of a client as a team and as stop rules. Unknown fields are refused; defaults are filled in. */

const name = z.string().min(1).max(100);
const names = z.array(name).min(1).max(64);
const instruction = z.string().min(1).max(1_000_000);
const shortText = z.string().min(1).max(1_000);
const longText = z.string().min(1).max(1_000_000);
const modelName = z.string().min(1).max(500);
const weights = z.record(name, z.number().min(0).max(1_000_000));
const share = z.number().min(0.01).max(1);
const count = z.int().min(1).max(1_000_000_000);

const stopLeaf = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('max_turns'), turns: z.int().min(1).max(10_000) }),
  z.strictObject({ type: z.literal('max_messages'), messages: z.int().min(1).max(10_000) }),
  z.strictObject({ type: z.literal('text'), text: longText, from: names.optional() }),
  z.strictObject({
    type: z.literal('pattern'),
    pattern: shortText,
    ignore_case: z.boolean().default(false),
    from: names.optional(),
  }),
  z.strictObject({
    type: z.literal('tokens'),
    total: count.optional(),
    prompt: count.optional(),
    completion: count.optional(),
  }),
  z.strictObject({ type: z.literal('active_seconds'), seconds: z.number().min(0.001).max(31_536_000) }),
  z.strictObject({ type: z.literal('handoff'), to: name }),
  z.strictObject({ type: z.literal('source'), from: names }),
  z.strictObject({ type: z.literal('tool'), name }),
  z.strictObject({
    type: z.literal('agreement'),
    by: z.enum(['text', 'answer']).default('text'),
    text: shortText.optional(),
    agents: names.optional(),
    share: share.default(1),
    every: z.int().min(1).max(10_000).optional(),
  }),
  z.strictObject({
    type: z.literal('repetition'),
    words: z.int().min(2).max(100).default(8),
    times: z.int().min(2).max(100).default(3),
  }),
  z.strictObject({
    type: z.literal('stall'),
    turns: z.int().min(1).max(1_000).default(3),
    similarity: z.number().min(0.1).max(1).default(0.9),
  }),
]);

export const stopRuleSchema: z.ZodType<StopRule> = z.lazy(() =>
  z.union([
    stopLeaf,
    z.strictObject({ any: z.array(stopRuleSchema).min(1).max(32) }),
    z.strictObject({ all: z.array(stopRuleSchema).min(1).max(32) }),
  ]),
);

const placedAgent = z.strictObject({
  agent: name,
  instruction: instruction.optional(),
  history: z
    .strictObject({ last: z.int().min(0).max(10_000).optional(), from: z.array(name).max(64).optional() })
    .optional(),
});

const participant: z.ZodType<Participant> = z.lazy(() => z.union([name, placedAgent, teamSchema]));
const participants = z.array(participant).min(1).max(64);

const common = {
  name: name.optional(),
  max_turns: z.int().min(1).max(10_000).optional(),
  stop: stopRuleSchema.optional(),
  share: z.enum(['all', 'last']).optional(),
};

const condition: z.ZodType<EdgeCondition> = z.union([
  z.strictObject({ contains: longText }),
  z.strictObject({ not_contains: longText }),
  z.strictObject({ pattern: shortText }),
  z.strictObject({
    field: z.string().min(1).max(200),
    equals: z.union([z.string(), z.number(), z.boolean(), z.null()]),
  }),
  z.strictObject({ otherwise: z.literal(true) }),
]);

/** One schema for each type of team. */
const teamTypes = [
  z.strictObject({ type: z.literal('round_robin'), ...common, participants }),
  z.strictObject({
    type: z.literal('selector'),
    ...common,
    participants,
    selector_model: modelName.optional(),
    selector_prompt: z.string().max(1_000_000).optional(),
    allow_repeated_speaker: z.boolean().default(false),
    max_consecutive_turns: z.int().min(1).max(1_000).optional(),
    transitions: z.record(name, names).optional(),
    max_attempts: z.int().min(1).max(10).default(3),
    fallback: z.enum(['round_robin', 'previous', 'first', 'random', 'fail']).optional(),
  }),
  z.strictObject({
    type: z.literal('random'),
    ...common,
    participants,
    allow_repeated_speaker: z.boolean().default(false),
    weights: weights.optional(),
  }),
  z.strictObject({
    type: z.literal('swarm'),
    ...common,
    participants,
    handoffs: z.record(name, z.array(name).max(64)).optional(),
    after_reply: z.enum(['stay', 'first']).default('stay'),
    max_stay: z.int().min(1).max(100).default(3),
    handoff_by: z.enum(['auto', 'tool', 'json']).default('auto'),
  }),
  z.strictObject({
    type: z.literal('graph'),
    ...common,
    nodes: z
      .array(
        z.strictObject({
          id: name,
          run: participant.optional(),
          join: z.enum(['all', 'any']).default('all'),
        }),
      )
      .min(1)
      .max(256),
    edges: z
      .array(z.strictObject({ from: name, to: name, when: condition.optional(), group: name.optional() }))
      .max(4_096)
      .default([]),
    start: names.optional(),
  }),
  z.strictObject({
    type: z.literal('magentic'),
    ...common,
    manager: name,
    participants: z
      .array(z.union([name, placedAgent]))
      .min(1)
      .max(64),
    max_stalls: z.int().min(1).max(100).default(3),
    max_replans: z.int().min(0).max(100).default(3),
    final_answer: z.boolean().default(true),
  }),
  z.strictObject({
    type: z.literal('panel'),
    ...common,
    participants,
    vote: z.enum(['majority', 'ranked', 'weighted', 'none']).default('majority'),
    options: z.array(z.string().min(1).max(500)).min(2).max(64).optional(),
    weights: weights.optional(),
    threshold: z.number().min(0).max(1).default(0),
    may_abstain: z.boolean().default(true),
    ties: z.enum(['first', 'random', 'chair', 'revote', 'none']).default('first'),
    chair: z.union([name, placedAgent]).optional(),
  }),
  z.strictObject({
    type: z.literal('debate'),
    ...common,
    sides: z.array(participant).min(2).max(16),
    rounds: z.int().min(0).max(100).default(1),
    judge: participant.optional(),
  }),
  z.strictObject({
    type: z.literal('critic'),
    ...common,
    author: participant,
    critic: participant,
    accept: shortText.default('APPROVED'),
    max_rounds: z.int().min(1).max(100).default(3),
  }),
  z.strictObject({
    type: z.literal('moderator'),
    ...common,
    moderator: z.union([name, placedAgent]),
    participants: z.array(participant).min(1).max(63),
    close: shortText.default('CLOSED'),
  }),
  z.strictObject({
    type: z.literal('consensus'),
    ...common,
    participants: z.array(participant).min(2).max(64),
    max_rounds: z.int().min(1).max(100).default(3),
    by: z.enum(['text', 'answer']).default('text'),
    text: shortText.default('I AGREE'),
    quorum: share.default(1),
  }),
  z.strictObject({
    type: z.literal('pipeline'),
    ...common,
    stages: participants,
    see: z.enum(['previous', 'all']).default('all'),
  }),
] as const;

export const teamSchema: z.ZodType<TeamDefinition> = z.lazy(() => z.discriminatedUnion('type', teamTypes));

nameSchema(teamSchema, 'Team', {
  description:
    'How agents work together: an engine, or a template that is written down as one. May stand in others.',
  examples: [{ type: 'round_robin', participants: ['Guide', 'Tourist'], max_turns: 6 }],
});
nameSchema(stopRuleSchema, 'StopRule', {
  description: 'When a run, or a visit of a nested team, ends. Never looks at the task.',
  examples: [
    {
      any: [
        { type: 'text', text: 'DONE' },
        { type: 'max_turns', turns: 20 },
      ],
    },
  ],
});
nameSchema(participant, 'Participant', {
  description: 'The name of an agent, an agent with an instruction, or a team.',
});
nameSchema(placedAgent, 'PlacedAgent');
nameSchema(condition, 'EdgeCondition');
teamTypes.forEach((type) => nameSchema(type, componentName(type.shape.type.value)));

/** `round_robin` becomes `RoundRobinTeam`. */
function componentName(type: string): string {
  return `${type.replaceAll(/(^|_)([a-z])/g, (_match, _break, letter: string) => letter.toUpperCase())}Team`;
}
