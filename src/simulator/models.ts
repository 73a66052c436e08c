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
}

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

function completeModel(given: Partial<ModelSpec> & { name: string }): ModelSpec {
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
    sizeBytes: Math.round(parameterCount(parameterSize) * 0.63),
    ...known,
    ...given,
    name,
    parameterSize,
  };
}

export function defaultModels(): ModelSpec[] {
  return DEFAULT_NAMES.map((name) => completeModel({ name }));
}

function readModel(value: unknown): ModelSpec {
  if (typeof value === 'string') {
    return completeModel({ name: value });
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
  ]);
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
  };
  const present = Object.fromEntries(Object.entries(given).filter(([, field]) => field !== undefined));
  return completeModel({ ...present, name: readText(object['name'], 'name of a model') });
}

/** Reads a list of models: names (completed from what is known of them) or objects; each name once. */
export function readModels(value: unknown): ModelSpec[] {
  const models = readArray(value, 'models').map(readModel);
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

/** 64 hex digits without the `sha256:` prefix, the same for the same name in every run. */
export function digestOf(model: ModelSpec): string {
  return createHash('sha256')
    .update(`${model.name} ${model.quantization} ${model.system ?? ''}`)
    .digest('hex');
}
