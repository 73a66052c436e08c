import { JsonObject, isObject } from './input';
import { Random } from './random';

/** Slips in JSON answers, the first that can be made counts. */
export const JSON_SLIPS = [
  'prose_for_json',
  'several_names',
  'unknown_name',
  'missing_key',
  'renamed_key',
  'wrong_type',
  'truncated_json',
  'single_quotes',
  'fenced_json',
] as const;

export type JsonSlip = (typeof JSON_SLIPS)[number];

export interface SoundJson {
  text: string;
  /** Names that the answer may hold. */
  choices: readonly string[];
  random: Random;
  sentence: () => string;
}

/** The answer with that slip; undefined where it cannot be made. */
export function slipInJson(slip: JsonSlip, request: SoundJson): string | undefined {
  return SLIPS[slip](request);
}

const SLIPS: Record<JsonSlip, (request: SoundJson) => string | undefined> = {
  prose_for_json: inProse,
  several_names: withSeveralNames,
  unknown_name: withUnknownName,
  missing_key: withoutKey,
  renamed_key: withRenamedKey,
  wrong_type: withWrongType,
  truncated_json: ({ text, random }) =>
    text.length > 2 ? text.slice(0, random.integer(1, text.length - 1)) : undefined,
  single_quotes: inSingleQuotes,
  fenced_json: ({ text, random }) => {
    const start = random.chance(0.5) ? 'Sure! Here is the JSON:\n\n' : '';
    return `${start}\`\`\`json\n${text}\n\`\`\``;
  },
};

const REFUSALS = ["I'm sorry, but I can't help with that.", 'As an AI model I cannot make that decision.'];

/** Whom models name that are nobody of the team. */
const STRANGERS = ['user', 'Assistant', 'Everyone', 'the team', 'Moderator', 'N/A'];

/** A sentence instead of JSON: mostly with the name in it, else a refusal or something beside the point. */
function inProse({ text, choices, random, sentence }: SoundJson): string {
  const name = nameIn(text, choices);
  if (random.chance(0.3)) {
    return random.pick(REFUSALS);
  }
  return name === undefined
    ? sentence()
    : random.pick([
        `I think ${name} should come next.`,
        `${name}.`,
        `My choice is **${name}**, because it fits best.`,
      ]);
}

/** Names a second candidate beside the chosen one, in the JSON's own field. */
function withSeveralNames({ text, choices, random }: SoundJson): string | undefined {
  const { value, key, name } = fieldWithName(text, choices) ?? {};
  const rest = choices.filter((choice) => choice !== name);
  return value === undefined || key === undefined || rest.length === 0
    ? undefined
    : JSON.stringify({
        ...value,
        [key]: joinNames(name ?? '', random.pick(rest), random),
      });
}

export function joinNames(first: string, second: string, random: Random): string {
  return `${first}${random.pick([', ', ' or ', ' and '])}${second}`;
}

function withUnknownName({ text, choices, random }: SoundJson): string | undefined {
  const { value, key } = fieldWithName(text, choices) ?? {};
  return value === undefined || key === undefined
    ? undefined
    : JSON.stringify({ ...value, [key]: random.pick(STRANGERS) });
}

function withoutKey({ text, random }: SoundJson): string | undefined {
  const { value, key } = anyField(text, random) ?? {};
  return value === undefined || key === undefined
    ? undefined
    : JSON.stringify(Object.fromEntries(Object.entries(value).filter(([name]) => name !== key)));
}

/** `next_speaker` becomes `nextSpeaker`, `Next Speaker` or `speaker`. */
function withRenamedKey({ text, random }: SoundJson): string | undefined {
  const { value, key } = anyField(text, random) ?? {};
  if (value === undefined || key === undefined) {
    return undefined;
  }
  const words = key.split('_');
  const spaced = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  const other = random.pick([
    spaced.join('').replace(/^./, (first) => first.toLowerCase()),
    spaced.join(' '),
    words.at(-1) ?? key,
  ]);
  const renamed = other === key ? `${key}_value` : other;
  return JSON.stringify(
    Object.fromEntries(Object.entries(value).map(([name, held]) => [name === key ? renamed : name, held])),
  );
}

/** A value of another type: null, a list, an object around it, a text for a number or a truth value, a text for a list. */
function withWrongType({ text, random, sentence }: SoundJson): string | undefined {
  const { value, key } = anyField(text, random) ?? {};
  if (value === undefined || key === undefined) {
    return undefined;
  }
  const held = value[key];
  const wrong: unknown[] =
    typeof held === 'string'
      ? [null, [held], { answer: held, reason: sentence() }, random.integer(0, 9)]
      : Array.isArray(held)
        ? [held.join(', '), null, { first: held[0] ?? null }]
        : [String(held), typeof held === 'boolean' ? (held ? 'yes' : 'no') : null, { answer: held }];
  return JSON.stringify({ ...value, [key]: random.pick(wrong) });
}

/** As Python prints it. */
function inSingleQuotes({ text }: SoundJson): string | undefined {
  const value = objectIn(text);
  return value === undefined
    ? undefined
    : JSON.stringify(value)
        .replaceAll("'", String.raw`\'`)
        .replaceAll(/(?<!\\)"/g, "'")
        .replaceAll(/(?<=[:,[])true(?=[,}\]])/g, 'True')
        .replaceAll(/(?<=[:,[])false(?=[,}\]])/g, 'False')
        .replaceAll(/(?<=[:,[])null(?=[,}\]])/g, 'None');
}

function nameIn(text: string, choices: readonly string[]): string | undefined {
  return fieldWithName(text, choices)?.name;
}

/** The first field that holds one of the choices, also as the first of a list. */
function fieldWithName(
  text: string,
  choices: readonly string[],
): { value: JsonObject; key: string; name: string } | undefined {
  const value = objectIn(text);
  for (const [key, held] of Object.entries(value ?? {})) {
    const name: unknown = Array.isArray(held) ? held[0] : held;
    if (value !== undefined && typeof name === 'string' && choices.includes(name)) {
      return { value, key, name };
    }
  }
  return undefined;
}

function anyField(text: string, random: Random): { value: JsonObject; key: string } | undefined {
  const value = objectIn(text);
  const keys = Object.keys(value ?? {});
  return value === undefined || keys.length === 0 ? undefined : { value, key: random.pick(keys) };
}

function objectIn(text: string): JsonObject | undefined {
  const value: unknown = JSON.parse(text);
  return isObject(value) ? value : undefined;
}
