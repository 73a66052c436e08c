import { type ErrorCode } from '../common/errors/error-codes';
import { ModelCallError } from './model-call-error';
import { type LoadedModel, type OllamaClient } from './ollama.client';

/** A model in the memory of Ollama. */
export interface LoadedModelStatus {
  readonly name: string;
  /** Bytes in memory; null = Ollama does not say. */
  readonly size: number | null;
  /** Those of them on graphics cards. */
  readonly size_vram: number | null;
  /** When it is unloaded unless it is used, ISO 8601 UTC; about 292 years ahead = never. In the past = at work. */
  readonly expires_at: string | null;
  /** The allocated context, in tokens. */
  readonly context_length: number | null;
}

/** How Ollama is doing. */
export interface OllamaStatus {
  readonly reachable: boolean;
  readonly version: string | null;
  /** By name. */
  readonly loaded_models: readonly LoadedModelStatus[];
  /** Why it is not reachable, or why the loaded models are not known. */
  readonly error_code: ErrorCode | null;
}

/** Every turn moves the expiry of its model on; watchers need not hear of less than this many milliseconds. */
const EXPIRY_STEP_MS = 10_000;

/** Asks Ollama how it is doing. Never fails: that Ollama is away is an answer. */
export async function readStatus(client: OllamaClient): Promise<OllamaStatus> {
  const [version, loaded] = await Promise.allSettled([
    client.version(),
    client.loadedModels().then(statusOfModels),
  ]);
  const failure = [version, loaded].find((outcome) => outcome.status === 'rejected');
  return {
    reachable: version.status === 'fulfilled',
    version: version.status === 'fulfilled' ? version.value : null,
    loaded_models: loaded.status === 'fulfilled' ? loaded.value : [],
    error_code: failure === undefined ? null : codeOf(failure.reason),
  };
}

/** Whether two states look the same to watchers. */
export function isSameStatus(a: OllamaStatus, b: OllamaStatus): boolean {
  return (
    a.reachable === b.reachable &&
    a.version === b.version &&
    a.error_code === b.error_code &&
    a.loaded_models.length === b.loaded_models.length &&
    a.loaded_models.every((model, index) => isSameModel(model, b.loaded_models[index]))
  );
}

function isSameModel(a: LoadedModelStatus, b: LoadedModelStatus | undefined): boolean {
  return (
    a.name === b?.name &&
    a.size === b.size &&
    a.size_vram === b.size_vram &&
    a.context_length === b.context_length &&
    isSameExpiry(a.expires_at, b.expires_at)
  );
}

function isSameExpiry(a: string | null, b: string | null): boolean {
  return a === b || (a !== null && b !== null && Math.abs(Date.parse(a) - Date.parse(b)) < EXPIRY_STEP_MS);
}

/** Ollama sorts by expiry, which changes with every turn. */
function statusOfModels(models: readonly LoadedModel[]): LoadedModelStatus[] {
  return models
    .map((model) => ({
      name: model.name,
      size: model.size ?? null,
      size_vram: model.size_vram ?? null,
      expires_at: utc(model.expires_at),
      context_length: model.context_length ?? null,
    }))
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

function utc(time: string | undefined): string | null {
  const date = new Date(time ?? NaN);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** A list that is none makes a TypeError. */
function codeOf(error: unknown): ErrorCode {
  return error instanceof ModelCallError ? error.code : 'BAD_STREAM';
}
