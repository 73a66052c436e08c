import { type StopRule } from '../../conversations/team/definition/stop-rule';
import { MODEL } from '../requests';

/** What an experiment of the bench is, besides its seed and the number of its runs. */
export interface Pattern {
  readonly agents: readonly PatternAgent[];
  /** As clients write it. */
  readonly team: Readonly<Record<string, unknown>>;
  readonly stop?: StopRule;
}

export interface PatternAgent {
  readonly id: string;
  readonly name: string;
  readonly prompt: string;
  readonly color: string;
  readonly model: string;
  readonly response_format?: Readonly<Record<string, unknown>>;
  readonly attribution?: 'prefix' | 'system' | 'none';
}

/** It thinks before it speaks, and has no tools in this bench: a team may be mixed. */
const THINKING_MODEL = 'qwen3:8b';

export const TASK = 'Plan a weekend in a small harbour town for a family that has little money.';

function agent(name: string, role: string, more: Partial<PatternAgent> = {}): PatternAgent {
  return {
    id: name.toLowerCase(),
    name,
    prompt: `You are ${name}, ${role}.`,
    color: '#10B981',
    model: MODEL,
    ...more,
  };
}

const ADA = agent('Ada', 'who plans journeys and keeps to the budget');
const BOB = agent('Bob', 'a critic who doubts every plan');
const CEM = agent('Cem', 'an expert for food and for the sea', { model: THINKING_MODEL });
const DAN = agent('Dan', 'who sums up and decides');
const TEAM = [ADA, BOB, CEM, DAN];
const THREE = [ADA, BOB, CEM];

const VERDICT = {
  type: 'object',
  properties: {
    accepted: { type: 'boolean' },
    grade: { type: 'string', enum: ['good', 'fair', 'poor'] },
    points: { type: 'integer', minimum: 0, maximum: 10 },
    reasons: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 3 },
  },
  required: ['accepted', 'grade', 'points', 'reasons'],
  additionalProperties: false,
};

const JUDGE = agent('Eva', 'a judge', { response_format: VERDICT });

function names(agents: readonly PatternAgent[]): string[] {
  return agents.map(({ name }) => name);
}

/** One pattern for each engine and each way of asking a model, and one for each template. Each has a rule to end by. */
export const PATTERNS = {
  round_robin: {
    agents: TEAM,
    team: { type: 'round_robin', participants: names(TEAM) },
    stop: {
      any: [
        { type: 'text', text: 'DONE' },
        { type: 'max_turns', turns: 8 },
      ],
    },
  },
  numbered: {
    agents: TEAM.map((one) => ({ ...one, attribution: 'system' as const })),
    team: { type: 'round_robin', participants: names(TEAM), max_turns: 8 },
  },
  selector: {
    agents: TEAM,
    team: { type: 'selector', participants: names(TEAM) },
    stop: { type: 'max_messages', messages: 8 },
  },
  selector_repeats: {
    agents: TEAM,
    team: {
      type: 'selector',
      participants: names(TEAM),
      allow_repeated_speaker: true,
      max_consecutive_turns: 2,
      transitions: { Ada: ['Bob', 'Cem', 'Ada'], Dan: ['Ada', 'Bob', 'Cem'] },
      max_turns: 8,
    },
  },
  random: { agents: TEAM, team: { type: 'random', participants: names(TEAM), max_turns: 8 } },
  swarm_json: {
    agents: TEAM,
    team: {
      type: 'swarm',
      participants: names(TEAM),
      handoff_by: 'json',
      handoffs: { Dan: ['Ada', 'Bob', 'Cem', 'user'] },
      max_turns: 8,
    },
  },
  swarm_tool: {
    agents: TEAM,
    team: {
      type: 'swarm',
      participants: names(TEAM),
      handoff_by: 'tool',
      handoffs: { Dan: ['Ada', 'Bob', 'Cem', 'user'] },
      max_turns: 8,
    },
  },
  graph: {
    agents: [...TEAM, JUDGE],
    team: {
      type: 'graph',
      nodes: [
        { id: 'draft', run: 'Ada' },
        { id: 'against', run: { agent: 'Bob', instruction: 'Say what is wrong with the draft.' } },
        { id: 'food', run: { agent: 'Cem', instruction: 'Say where to eat.' } },
        { id: 'verdict', run: { agent: 'Eva', instruction: 'Judge the draft.' } },
        { id: 'result', run: 'Dan' },
      ],
      edges: [
        { from: 'draft', to: 'against' },
        { from: 'draft', to: 'food' },
        { from: 'against', to: 'verdict' },
        { from: 'food', to: 'verdict' },
        { from: 'verdict', to: 'result', when: { field: 'accepted', equals: true } },
        { from: 'verdict', to: 'draft', when: { otherwise: true } },
      ],
      start: ['draft'],
    },
    stop: { type: 'max_turns', turns: 12 },
  },
  magentic: {
    agents: TEAM,
    team: { type: 'magentic', manager: 'Dan', participants: names(THREE), max_turns: 10 },
  },
  panel_majority: {
    agents: TEAM,
    team: { type: 'panel', participants: names(THREE), ties: 'revote', chair: 'Dan' },
  },
  panel_ranked: {
    agents: TEAM,
    team: {
      type: 'panel',
      participants: names(TEAM),
      vote: 'ranked',
      options: ['by train', 'by bus', 'by bicycle', 'stay at home'],
      ties: 'random',
      may_abstain: false,
    },
  },
  nested: {
    agents: [...TEAM, JUDGE],
    team: {
      type: 'round_robin',
      participants: [
        { type: 'selector', name: 'experts', participants: names(THREE), max_turns: 3, share: 'last' },
        'Dan',
        { type: 'panel', name: 'jury', participants: ['Bob', 'Eva'] },
      ],
      max_turns: 16,
    },
  },
  structured: {
    agents: [JUDGE, { ...JUDGE, id: 'fay', name: 'Fay', prompt: 'You are Fay, a judge.' }, ADA],
    team: { type: 'round_robin', participants: ['Ada', 'Eva', 'Fay'], max_turns: 6 },
  },
  debate: {
    agents: TEAM,
    team: { type: 'debate', sides: ['Ada', 'Bob'], rounds: 2, judge: 'Dan' },
  },
  critic: { agents: TEAM, team: { type: 'critic', author: 'Ada', critic: 'Bob' } },
  moderator: {
    agents: TEAM,
    team: { type: 'moderator', moderator: 'Dan', participants: names(THREE), max_turns: 12 },
  },
  consensus: { agents: TEAM, team: { type: 'consensus', participants: names(THREE), quorum: 0.6 } },
  pipeline: { agents: TEAM, team: { type: 'pipeline', stages: names(TEAM), see: 'previous' } },
} as const satisfies Readonly<Record<string, Pattern>>;

export type PatternName = keyof typeof PATTERNS;

export const PATTERN_NAMES = Object.keys(PATTERNS) as readonly PatternName[];
