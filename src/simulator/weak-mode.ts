import { isObject } from './input';
import { Random } from './random';
import { WeakStrength } from './settings';

export type WeakSlip =
  | 'fenced_json'
  | 'truncated_json'
  | 'several_names'
  | 'echoed_prefix'
  | 'speaks_for_others'
  | 'ignores_stops'
  | 'empty'
  | 'think_tags';

/** How often small models slip, by strength. `ignores_stops` counts only for answers that speak for others. */
export const SLIP_CHANCES: Record<WeakStrength, Record<WeakSlip, number>> = {
  mild: {
    fenced_json: 0.1,
    truncated_json: 0.02,
    several_names: 0.03,
    echoed_prefix: 0.1,
    speaks_for_others: 0.05,
    ignores_stops: 0,
    empty: 0.01,
    think_tags: 0.03,
  },
  moderate: {
    fenced_json: 0.2,
    truncated_json: 0.06,
    several_names: 0.1,
    echoed_prefix: 0.25,
    speaks_for_others: 0.15,
    ignores_stops: 0,
    empty: 0.04,
    think_tags: 0.08,
  },
  strong: {
    fenced_json: 0.3,
    truncated_json: 0.15,
    several_names: 0.25,
    echoed_prefix: 0.45,
    speaks_for_others: 0.35,
    ignores_stops: 0.3,
    empty: 0.1,
    think_tags: 0.15,
  },
};

/** A sound answer and what is known about who takes part. */
export interface WeakRequest {
  text: string;
  isJson: boolean;
  /** Values a name in the JSON may have. */
  choices: readonly string[];
  own: string | undefined;
  others: readonly string[];
  random: Random;
  /** Another sentence, for what is put into others' mouths. */
  sentence: () => string;
}

export interface WeakAnswer {
  text: string;
  slips: WeakSlip[];
}

/** Spoils an answer the way small models do. At most one slip in JSON, as each hides the others. */
export function weaken(request: WeakRequest, strength: WeakStrength): WeakAnswer {
  const chances = SLIP_CHANCES[strength];
  const rolls = rollAll(chances, request.random);
  if (rolls.empty) {
    return { text: '', slips: ['empty'] };
  }
  const answer = request.isJson ? weakenJson(request, rolls) : weakenText(request, rolls);
  if (rolls.think_tags) {
    return {
      text: `<think>\n${request.sentence()}\n</think>\n\n${answer.text}`,
      slips: [...answer.slips, 'think_tags'],
    };
  }
  return answer;
}

/** Rolls for every kind whatever comes out, so that one slip does not shift the dice of the others. */
function rollAll(chances: Record<WeakSlip, number>, random: Random): Record<WeakSlip, boolean> {
  return {
    fenced_json: random.chance(chances.fenced_json),
    truncated_json: random.chance(chances.truncated_json),
    several_names: random.chance(chances.several_names),
    echoed_prefix: random.chance(chances.echoed_prefix),
    speaks_for_others: random.chance(chances.speaks_for_others),
    ignores_stops: random.chance(chances.ignores_stops),
    empty: random.chance(chances.empty),
    think_tags: random.chance(chances.think_tags),
  };
}

function weakenJson({ text, choices, random }: WeakRequest, rolls: Record<WeakSlip, boolean>): WeakAnswer {
  const several = rolls.several_names ? withSeveralNames(text, choices, random) : undefined;
  if (several !== undefined) {
    return { text: several, slips: ['several_names'] };
  }
  if (rolls.truncated_json && text.length > 2) {
    return { text: text.slice(0, random.integer(1, text.length - 1)), slips: ['truncated_json'] };
  }
  if (rolls.fenced_json) {
    const start = random.chance(0.5) ? 'Sure! Here is the JSON:\n\n' : '';
    return { text: `${start}\`\`\`json\n${text}\n\`\`\``, slips: ['fenced_json'] };
  }
  return { text, slips: [] };
}

/** Names a second candidate beside the chosen one: in the JSON's own field, or in a plain answer that is just a name. */
function withSeveralNames(text: string, choices: readonly string[], random: Random): string | undefined {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) {
    return undefined;
  }
  const field = Object.entries(value).find(([, held]) => typeof held === 'string' && choices.includes(held));
  const rest = choices.filter((choice) => choice !== field?.[1]);
  if (!field || rest.length === 0) {
    return undefined;
  }
  return JSON.stringify({ ...value, [field[0]]: joinNames(String(field[1]), random.pick(rest), random) });
}

function joinNames(first: string, second: string, random: Random): string {
  return `${first}${random.pick([', ', ' or ', ' and '])}${second}`;
}

function weakenText(request: WeakRequest, rolls: Record<WeakSlip, boolean>): WeakAnswer {
  const { own, others, random } = request;
  const slips: WeakSlip[] = [];
  let { text } = request;
  const everyone = own === undefined ? others : [own, ...others];
  if (rolls.several_names && everyone.includes(text) && everyone.length > 1) {
    return {
      text: joinNames(text, random.pick(everyone.filter((name) => name !== text)), random),
      slips: ['several_names'],
    };
  }
  if (rolls.echoed_prefix && own !== undefined) {
    text = `${own}: ${text}`;
    slips.push('echoed_prefix');
  }
  if (rolls.speaks_for_others && others.length > 0) {
    text = `${text}\n${random.pick(others)}: ${request.sentence()}`;
    slips.push('speaks_for_others');
    if (rolls.ignores_stops) {
      slips.push('ignores_stops');
    }
  }
  return { text, slips };
}
