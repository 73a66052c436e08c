import { Random } from './random';
import { JSON_SLIPS, JsonSlip, joinNames, slipInJson } from './weak-json';
import { ToolSlip, slipInTools } from './weak-tools';
import { WantedToolCall } from './tool-calls';
import { WeakStrength } from './settings';

export type WeakSlip =
  | JsonSlip
  | ToolSlip
  | 'echoed_prefix'
  | 'speaks_for_others'
  | 'ignores_stops'
  | 'empty'
  | 'think_tags'
  | 'unopened_think_tag';

type Rolls = Record<WeakSlip, boolean>;

/**
 * How often small models slip, by strength; what is assumed of real ones is in the README. `ignores_stops` counts only for
 * answers that speak for others.
 */
export const SLIP_CHANCES: Record<WeakStrength, Record<WeakSlip, number>> = {
  mild: {
    fenced_json: 0.1,
    truncated_json: 0.02,
    several_names: 0.03,
    unknown_name: 0.01,
    missing_key: 0.01,
    renamed_key: 0.01,
    wrong_type: 0.01,
    single_quotes: 0.01,
    prose_for_json: 0.01,
    wrong_tool: 0.02,
    written_tool_call: 0.05,
    missing_tool_call: 0.05,
    echoed_prefix: 0.1,
    speaks_for_others: 0.05,
    ignores_stops: 0,
    empty: 0.01,
    think_tags: 0.03,
    unopened_think_tag: 0.01,
  },
  moderate: {
    fenced_json: 0.2,
    truncated_json: 0.06,
    several_names: 0.1,
    unknown_name: 0.03,
    missing_key: 0.03,
    renamed_key: 0.03,
    wrong_type: 0.04,
    single_quotes: 0.03,
    prose_for_json: 0.03,
    wrong_tool: 0.06,
    written_tool_call: 0.12,
    missing_tool_call: 0.12,
    echoed_prefix: 0.25,
    speaks_for_others: 0.15,
    ignores_stops: 0,
    empty: 0.04,
    think_tags: 0.08,
    unopened_think_tag: 0.02,
  },
  strong: {
    fenced_json: 0.3,
    truncated_json: 0.15,
    several_names: 0.25,
    unknown_name: 0.08,
    missing_key: 0.08,
    renamed_key: 0.06,
    wrong_type: 0.1,
    single_quotes: 0.06,
    prose_for_json: 0.08,
    wrong_tool: 0.15,
    written_tool_call: 0.25,
    missing_tool_call: 0.25,
    echoed_prefix: 0.45,
    speaks_for_others: 0.35,
    ignores_stops: 0.3,
    empty: 0.1,
    think_tags: 0.15,
    unopened_think_tag: 0.05,
  },
};

/** A sound answer and what is known about who takes part. */
export interface WeakRequest {
  text: string;
  toolCalls: readonly WantedToolCall[];
  isJson: boolean;
  /** Names that the answer may hold: values of an enum of the schema, else those in the conversation. */
  choices: readonly string[];
  own: string | undefined;
  /** Marks other than names that stand before messages in the conversation. */
  numbers: readonly string[];
  others: readonly string[];
  random: Random;
  /** Another sentence, for what is put into others' mouths. */
  sentence: () => string;
}

export interface WeakAnswer {
  text: string;
  toolCalls: readonly WantedToolCall[];
  slips: WeakSlip[];
}

/** Spoils an answer the way small models do. At most one slip in JSON, as each hides the others. */
export function weaken(request: WeakRequest, strength: WeakStrength): WeakAnswer {
  const rolls = rollAll(SLIP_CHANCES[strength], request.random);
  if (rolls.empty) {
    return { text: '', toolCalls: [], slips: ['empty'] };
  }
  const said = withSlips(request, rolls);
  const { slip, ...spoilt } = slipInTools(said, rolls, request.random);
  const slips = slip === undefined ? said.slips : [...said.slips, slip];
  return withThinking(request, { ...spoilt, slips }, rolls);
}

/** Rolls for every kind whatever comes out, so that one slip does not shift the dice of the others. */
function rollAll(chances: Record<WeakSlip, number>, random: Random): Rolls {
  return {
    fenced_json: random.chance(chances.fenced_json),
    truncated_json: random.chance(chances.truncated_json),
    several_names: random.chance(chances.several_names),
    echoed_prefix: random.chance(chances.echoed_prefix),
    speaks_for_others: random.chance(chances.speaks_for_others),
    ignores_stops: random.chance(chances.ignores_stops),
    empty: random.chance(chances.empty),
    think_tags: random.chance(chances.think_tags),
    unknown_name: random.chance(chances.unknown_name),
    missing_key: random.chance(chances.missing_key),
    renamed_key: random.chance(chances.renamed_key),
    wrong_type: random.chance(chances.wrong_type),
    single_quotes: random.chance(chances.single_quotes),
    prose_for_json: random.chance(chances.prose_for_json),
    wrong_tool: random.chance(chances.wrong_tool),
    written_tool_call: random.chance(chances.written_tool_call),
    missing_tool_call: random.chance(chances.missing_tool_call),
    unopened_think_tag: random.chance(chances.unopened_think_tag),
  };
}

function withSlips(request: WeakRequest, rolls: Rolls): WeakAnswer {
  if (!request.isJson) {
    return weakenText(request, rolls);
  }
  const { toolCalls } = request;
  for (const slip of JSON_SLIPS.filter((candidate) => rolls[candidate])) {
    const text = slipInJson(slip, request);
    if (text !== undefined) {
      return { text, toolCalls, slips: [slip] };
    }
  }
  return { text: request.text, toolCalls, slips: [] };
}

function weakenText(request: WeakRequest, rolls: Rolls): WeakAnswer {
  const { own, others, random, toolCalls } = request;
  const slips: WeakSlip[] = [];
  let { text } = request;
  const everyone = own === undefined ? others : [own, ...others];
  const rest = everyone.filter((name) => name !== text);
  if (rolls.several_names && everyone.includes(text) && rest.length > 0) {
    return { text: joinNames(text, random.pick(rest), random), toolCalls, slips: ['several_names'] };
  }
  if (rolls.echoed_prefix && own !== undefined) {
    text = `${marked(own, request)} ${text}`;
    slips.push('echoed_prefix');
  }
  if (rolls.speaks_for_others && others.length > 0) {
    text = `${text}\n${marked(random.pick(others), request)} ${request.sentence()}`;
    slips.push('speaks_for_others');
    if (rolls.ignores_stops) {
      slips.push('ignores_stops');
    }
  }
  return { text, toolCalls, slips };
}

/** A speaker's name, or a number, as models write it in front of a line, most often as the prompt has it. */
function marked(name: string, { numbers, random }: WeakRequest): string {
  if (numbers.length > 0 && random.chance(0.5)) {
    return random.pick(numbers);
  }
  return random.chance(0.7) ? `${name}:` : random.pick([`**${name}:**`, `**${name}**:`, `[${name}]:`]);
}

/** Thinking in the content; where the chat template opens the tag itself, only the closing one is there. */
function withThinking(request: WeakRequest, answer: WeakAnswer, rolls: Rolls): WeakAnswer {
  if (rolls.think_tags) {
    return {
      ...answer,
      text: `<think>\n${request.sentence()}\n</think>\n\n${answer.text}`,
      slips: [...answer.slips, 'think_tags'],
    };
  }
  if (rolls.unopened_think_tag) {
    return {
      ...answer,
      text: `${request.sentence()}\n</think>\n\n${answer.text}`,
      slips: [...answer.slips, 'unopened_think_tag'],
    };
  }
  return answer;
}
