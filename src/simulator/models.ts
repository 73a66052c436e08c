import { createHash } from 'node:crypto';
import {
  InvalidInput,
  optional,
  readArray,
  readChoice,
  readInteger,
  readNumber,
  readObject,
  readText,
} from './input';
import { Layer, readLayers, sumOfBytes } from './layers';
import { comparableName, displayName, parseModelName } from './model-names';

export const CAPABILITIES = ['completion', 'tools', 'insert', 'vision', 'embedding', 'thinking'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** An installed model, as the inventory endpoints describe it. */
export interface ModelSpec {
  /** With its tag, e.g. `llama3.2:3b`. */
  name: string;
  capabilities: Capability[];
  family: string;
  parameterSize: string;
  quantization: string;
  contextLength: number;
  embeddingLength: number;
  sizeBytes: number;
  /** The model's own system prompt, put in front where a request brings none. */
  system?: string;
  /** The Modelfile's num_ctx: counts where a request sends none. */
  numCtx?: number;
  /** Instead of the general settings of the same names. */
  loadMs?: number;
  tokensPerSecond?: number;
  pullBytesPerSecond?: number;
  pullVerifyMs?: number;
  /** The blobs in the order they are pulled; made up where the model does not list them. */
  layers?: Layer[];
  /** When it was installed. */
  modifiedAtMs: number;
}

const NEWEST_MODIFIED_MS = Date.UTC(2026, 4, 2, 9, 3, 21, 480);
const DAY_MS = 24 * 3_600_000;

const DEFAULT_NAMES = [
  'llama2:latest',
  'llama3.2:3b',
  'qwen3:8b',
  'gemma:2b',
  'mistral:7b',
  'phi4-mini:3.8b',
  'nomic-embed-text:latest',
];

const KNOWN: Record<string, Partial<ModelSpec>> = {
  'llama2:latest': { capabilities: ['completion'], parameterSize: '7B', contextLength: 4096 },
  'llama3.2:3b': { parameterSize: '3.2B', contextLength: 131_072 },
  'qwen3:8b': { family: 'qwen3', parameterSize: '8.2B', contextLength: 40_960 },
  'gemma:2b': { parameterSize: '3B', contextLength: 8192 },
  'mistral:7b': {
    parameterSize: '7.2B',
    contextLength: 32_768,
    capabilities: ['completion', 'tools', 'insert'],
  },
  'phi4-mini:3.8b': { family: 'phi3', contextLength: 131_072 },
  'nomic-embed-text:latest': { family: 'nomic-bert', parameterSize: '137M', contextLength: 2048 },
};

function guessCapabilities(name: string): Capability[] {
  if (/embed|minilm|bge-/.test(name)) {
    return ['embedding'];
  }
  if (/qwen3|deepseek-r1|gpt-oss|think/.test(name)) {
    return ['completion', 'tools', 'thinking'];
  }
  return /^(gemma|llama2)\b/.test(name) ? ['completion'] : ['completion', 'tools'];
}

/** Number of parameters of a size such as `3.2B` or `137M`. */
export function parameterCount(size: string): number {
  const [, digits = '7', unit = 'B'] = /^([\d.]+)\s*([BM])/i.exec(size) ?? [];
  return Math.round(Number(digits) * (unit.toUpperCase() === 'M' ? 1e6 : 1e9));
}

/** Fills in what is not given from what is known of the name; each place in a list makes a model a day older. */
function completeModel(given: Partial<ModelSpec> & { name: string }, place: number): ModelSpec {
  const parsed = parseModelName(given.name);
  if (!parsed) {
    throw new InvalidInput(`"${given.name}" is not a model name`);
  }
  const name = displayName(parsed);
  const known = KNOWN[name.toLowerCase()] ?? {};
  const sizeInTag = /(?:^|[-_])(\d+(?:\.\d+)?[bm])(?:$|[-_])/i.exec(parsed.tag)?.[1];
  const parameterSize = given.parameterSize ?? known.parameterSize ?? sizeInTag?.toUpperCase() ?? '7B';
  return {
    capabilities: guessCapabilities(name.toLowerCase()),
    family: /^[a-z]+/i.exec(parsed.model)?.[0].toLowerCase() ?? 'llama',
    quantization: 'Q4_K_M',
    contextLength: 32_768,
    embeddingLength: 4096,
    sizeBytes: given.layers ? sumOfBytes(given.layers) : Math.round(parameterCount(parameterSize) * 0.63),
    modifiedAtMs: NEWEST_MODIFIED_MS - place * DAY_MS,
    ...known,
    ...given,
    name,
    parameterSize,
  };
}

export function defaultModels(): ModelSpec[] {
  return DEFAULT_NAMES.map((name, place) => completeModel({ name }, place));
}

/** A model of which nothing but the name is known. */
export function guessModel(name: string): ModelSpec {
  return completeModel({ name }, 0);
}

function readModel(value: unknown, place: number): ModelSpec {
  if (typeof value === 'string') {
    return completeModel({ name: value }, place);
  }
  const object = readObject(value, 'a model', [
    'name',
    'capabilities',
    'family',
    'parameterSize',
    'quantization',
    'contextLength',
    'embeddingLength',
    'sizeBytes',
    'system',
    'numCtx',
    'loadMs',
    'tokensPerSecond',
    'pullBytesPerSecond',
    'pullVerifyMs',
    'layers',
    'modifiedAtMs',
  ]);
  const name = readText(object['name'], 'name of a model');
  const given: Record<string, unknown> = {
    capabilities: optional(object, 'capabilities', (list, what) =>
      readArray(list, what).map((entry) => readChoice(entry, 'a capability', CAPABILITIES)),
    ),
    family: optional(object, 'family', readText),
    parameterSize: optional(object, 'parameterSize', readText),
    quantization: optional(object, 'quantization', readText),
    contextLength: optional(object, 'contextLength', (size, what) => readInteger(size, what, 4)),
    embeddingLength: optional(object, 'embeddingLength', (size, what) => readInteger(size, what, 1)),
    sizeBytes: optional(object, 'sizeBytes', (size, what) => readInteger(size, what, 0)),
    system: optional(object, 'system', readText),
    numCtx: optional(object, 'numCtx', (size, what) => readInteger(size, what, 4)),
    loadMs: optional(object, 'loadMs', (ms, what) => readNumber(ms, what, 0)),
    tokensPerSecond: optional(object, 'tokensPerSecond', (rate, what) => readNumber(rate, what, 0)),
    pullBytesPerSecond: optional(object, 'pullBytesPerSecond', (rate, what) => readNumber(rate, what, 0)),
    pullVerifyMs: optional(object, 'pullVerifyMs', (ms, what) => readNumber(ms, what, 0, 3_600_000)),
    layers: optional(object, 'layers', (layers, what) => readLayers(layers, what, name)),
    modifiedAtMs: optional(object, 'modifiedAtMs', (ms, what) =>
      readInteger(ms, what, 0, 253_402_300_799_999),
    ),
  };
  const present = Object.fromEntries(Object.entries(given).filter(([, field]) => field !== undefined));
  return completeModel({ ...present, name }, place);
}

/** Reads a list of models: names (completed from what is known of them) or objects; each name once. */
export function readModels(value: unknown, what: string): ModelSpec[] {
  const models = readArray(value, what).map(readModel);
  const twice = models.find(
    (model, index) => models.findIndex((other) => isSameModel(other, model.name)) !== index,
  );
  if (twice) {
    throw new InvalidInput(`the model "${twice.name}" is given twice`);
  }
  return models;
}

function isSameModel(model: ModelSpec, name: string): boolean {
  return comparableName(model.name) === comparableName(name);
}

/** The installed model of that name in whatever spelling (`M`, `m`, `m:latest`), if there is one. */
export function findModel(models: readonly ModelSpec[], name: string): ModelSpec | undefined {
  return models.find((model) => isSameModel(model, name));
}

/** 64 hex digits without the `sha256:` prefix, the same for the same model in every run. */
export function digestOf(model: ModelSpec): string {
  return createHash('sha256')
    .update(`${model.name} ${model.quantization} ${model.system ?? ''}`)
    .update((model.layers ?? []).map(({ digest }) => digest).join(' '))
    .digest('hex');
}
