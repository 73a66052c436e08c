import { JsonObject, isObject } from './input';
import { PromptMessage } from './matching';
import { namesInConversation } from './names';
import { Random } from './random';
import { generateSentence } from './text-generator';

const MAX_DEPTH = 12;

interface Context {
  root: JsonObject;
  messages: readonly PromptMessage[];
  random: Random;
}

/** A value that is valid for the JSON schema, seeded, with texts that suit the conversation. */
export function answerForSchema(
  schema: JsonObject,
  messages: readonly PromptMessage[],
  random: Random,
): unknown {
  return valueFor(schema, 'answer', { root: schema, messages, random }, 0);
}

/** The answer where any JSON will do. */
export function answerForJson(messages: readonly PromptMessage[], random: Random): JsonObject {
  return { answer: generateSentence(messages, random), confidence: random.integer(50, 99) / 100 };
}

function valueFor(schema: unknown, name: string, context: Context, depth: number): unknown {
  const resolved = resolve(schema, context);
  if ('const' in resolved) {
    return resolved['const'];
  }
  if (Array.isArray(resolved['enum']) && resolved['enum'].length > 0) {
    return context.random.pick(resolved['enum'] as unknown[]);
  }
  switch (typeOf(resolved)) {
    case 'object':
      return objectFor(resolved, context, depth);
    case 'array':
      return arrayFor(resolved, name, context, depth);
    case 'boolean':
      return context.random.chance(0.5);
    case 'integer':
    case 'number':
      return numberFor(resolved, context.random);
    case 'null':
      return null;
    default:
      return textFor(resolved, name, context);
  }
}

/** Follows references within the document and settles on one alternative. */
function resolve(schema: unknown, context: Context, hops = 0): JsonObject {
  if (!isObject(schema) || hops > MAX_DEPTH) {
    return {};
  }
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    const path = reference.replace(/^#\/?/, '').split('/').filter(Boolean);
    const target = path.reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), context.root);
    return resolve(target, context, hops + 1);
  }
  const alternatives = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(alternatives) && alternatives.length > 0) {
    return resolve(context.random.pick(alternatives as unknown[]), context, hops + 1);
  }
  if (Array.isArray(schema['allOf'])) {
    return schema['allOf'].map((part) => resolve(part, context, hops + 1)).reduce(mergeSchemas, schema);
  }
  return schema;
}

function mergeSchemas(a: JsonObject, b: JsonObject): JsonObject {
  const both = (key: string): [unknown, unknown] => [a[key], b[key]];
  const [propertiesA, propertiesB] = both('properties');
  const [requiredA, requiredB] = both('required');
  return {
    ...a,
    ...b,
    properties: {
      ...(isObject(propertiesA) ? propertiesA : {}),
      ...(isObject(propertiesB) ? propertiesB : {}),
    },
    required: [
      ...(Array.isArray(requiredA) ? requiredA : []),
      ...(Array.isArray(requiredB) ? requiredB : []),
    ],
  };
}

function typeOf(schema: JsonObject): unknown {
  const { type } = schema;
  if (Array.isArray(type)) {
    return type.find((candidate) => candidate !== 'null') ?? 'null';
  }
  return type ?? (isObject(schema['properties']) ? 'object' : isObject(schema['items']) ? 'array' : 'string');
}

/** All properties, the optional ones too; deep inside only the required ones, so that recursive schemas end. */
function objectFor(schema: JsonObject, context: Context, depth: number): JsonObject {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : [];
  const wanted = depth < 4 ? new Set([...Object.keys(properties), ...required]) : new Set(required);
  const answer: JsonObject = {};
  for (const key of wanted) {
    answer[key] = depth < MAX_DEPTH ? valueFor(properties[key], key, context, depth + 1) : null;
  }
  return answer;
}

function arrayFor(schema: JsonObject, name: string, context: Context, depth: number): unknown[] {
  const min = numberOr(schema['minItems'], 0);
  const choices = isObject(schema['items']) ? schema['items']['enum'] : undefined;
  if (Array.isArray(choices) && schema['maxItems'] === choices.length) {
    return inSomeOrder(choices, context.random);
  }
  const max = Math.max(min, numberOr(schema['maxItems'], Math.max(min, 3)));
  const length =
    depth < 4 ? context.random.integer(Math.max(min, Math.min(1, max)), Math.min(max, min + 3)) : min;
  return Array.from({ length }, () => valueFor(schema['items'], name, context, depth + 1));
}

/** A list with room for each of the choices once is a ranking. */
function inSomeOrder(choices: readonly unknown[], random: Random): unknown[] {
  const rest = [...choices];
  return choices.map(() => rest.splice(random.integer(0, rest.length - 1), 1)[0]);
}

function numberFor(schema: JsonObject, random: Random): number {
  const isInteger = typeOf(schema) === 'integer';
  const aboveMin = typeof schema['exclusiveMinimum'] === 'number';
  const belowMax = typeof schema['exclusiveMaximum'] === 'number';
  const min = numberOr(schema['minimum'], numberOr(schema['exclusiveMinimum'], 0));
  const max = numberOr(schema['maximum'], numberOr(schema['exclusiveMaximum'], min + 10));
  if (isInteger) {
    return random.integer(Math.ceil(min) + (aboveMin ? 1 : 0), Math.floor(max) - (belowMax ? 1 : 0));
  }
  // Tenths of the range keep the number short and off both ends.
  return Number((min + ((max - min) * random.integer(1, 9)) / 10).toPrecision(6));
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function textFor(schema: JsonObject, name: string, { messages, random }: Context): string {
  const names = namesInConversation(messages);
  const isName = /name|speaker|agent|next|target|who/i.test(name) && names.length > 0;
  const text = isName ? random.pick(names) : generateSentence(messages, random);
  const min = numberOr(schema['minLength'], 0);
  return text.padEnd(min, '.').slice(0, numberOr(schema['maxLength'], Infinity));
}
