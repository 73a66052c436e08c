import { JsonObject, isObject } from './input';
import { ModelSpec } from './models';
import { OllamaError } from './ollama-error';
import { SimulatorSettings } from './settings';

/** Options that are fixed when a model is loaded. */
export interface LoadOptions {
  numCtx: number;
  /** All of them as one text, to notice a difference. */
  key: string;
}

/** The options of one answer that the simulator heeds. */
export interface ReplyOptions {
  /** Undefined = Ollama's random one. */
  seed: number | undefined;
  /** Largest number of tokens. */
  numPredict: number;
  stop: string[];
}

const LOAD_TIME = ['num_batch', 'num_gpu', 'main_gpu', 'use_mmap', 'num_thread', 'draft_num_predict'];

/** Ollama's options by their Go type; unknown names are ignored. */
const TYPES: Record<string, string> = {
  num_ctx: 'integer',
  num_batch: 'integer',
  num_gpu: 'integer',
  main_gpu: 'integer',
  num_thread: 'integer',
  draft_num_predict: 'integer',
  use_mmap: 'boolean',
  num_keep: 'integer',
  seed: 'integer',
  num_predict: 'integer',
  top_k: 'integer',
  top_p: 'float32',
  min_p: 'float32',
  typical_p: 'float32',
  temperature: 'float32',
  repeat_last_n: 'integer',
  repeat_penalty: 'float32',
  presence_penalty: 'float32',
  frequency_penalty: 'float32',
  stop: 'array',
};

function fits(type: string, value: unknown): boolean {
  if (type === 'array') {
    return Array.isArray(value);
  }
  return typeof value === (type === 'boolean' ? 'boolean' : 'number');
}

function checkTypes(options: JsonObject): void {
  for (const [name, type] of Object.entries(TYPES)) {
    const value = options[name] ?? undefined;
    if (value !== undefined && !fits(type, value)) {
      throw new OllamaError(500, `option "${name}" must be of type ${type}`);
    }
  }
}

/** Reads `options` (and `shift`, which also counts at load time). A wrong type is a 500, as with Ollama. */
export function readOptions(
  body: JsonObject,
  model: ModelSpec,
  settings: SimulatorSettings,
): { load: LoadOptions; options: ReplyOptions } {
  const given = isObject(body['options']) ? body['options'] : {};
  checkTypes(given);
  const number = (name: string): number | undefined => {
    const value = given[name];
    return typeof value === 'number' ? Math.trunc(value) : undefined;
  };
  const wantedCtx = number('num_ctx') ?? model.numCtx ?? settings.numCtx;
  const numCtx = Math.max(4, Math.min(wantedCtx, model.contextLength));
  const seed = number('seed');
  const numPredict = number('num_predict') ?? -1;
  const stop = Array.isArray(given['stop']) ? given['stop'] : [];
  return {
    load: {
      numCtx,
      key: JSON.stringify([numCtx, body['shift'] ?? true, ...LOAD_TIME.map((name) => given[name] ?? null)]),
    },
    options: {
      seed: seed === undefined || seed < 0 ? undefined : seed,
      numPredict: numPredict > 0 ? numPredict : 10 * numCtx,
      stop: stop.filter((text): text is string => typeof text === 'string' && text !== ''),
    },
  };
}
