import { type ErrorCode } from '../common/errors/error-codes';
import { ModelCallError } from './model-call-error';
import { type LoadedModel, type OllamaClient } from './ollama.client';
import { type LoadedModelStatus, type OllamaServerInfo, type OllamaServerStatus } from './ollama.dto';
import { type OllamaServer } from './ollama-servers';

/** How an Ollama server is doing, or all of them together. */
export type StatusFacts = Omit<OllamaServerStatus, 'address'>;

/**
 * How Ollama is doing: reachable while any server is. The version is that of the first one that answers, the loaded
 * models are those of all.
 */
export interface OllamaStatus extends StatusFacts {
  /** Each server for itself; left out when there is only one. */
  readonly servers?: readonly OllamaServerStatus[];
}

/** Every turn moves the expiry of its model on; watchers need not hear of less than this many milliseconds. */
const EXPIRY_STEP_MS = 10_000;

/**
 * Asks an Ollama server how it is doing. Never fails: that it is away is an answer.
 * @param timeoutMs milliseconds that it has to answer
 */
export async function readStatus(client: OllamaClient, timeoutMs?: number): Promise<StatusFacts> {
  const [version, loaded] = await Promise.allSettled([
    client.version(timeoutMs),
    client.loadedModels(timeoutMs).then(statusOfModels),
  ]);
  const failure = [version, loaded].find((outcome) => outcome.status === 'rejected');
  return {
    reachable: version.status === 'fulfilled',
    version: version.status === 'fulfilled' ? version.value : null,
    loaded_models: loaded.status === 'fulfilled' ? loaded.value : [],
    error_code: failure === undefined ? null : codeOf(failure.reason),
  };
}

/** Asks a server how it is doing and what it has on its disk. Never fails. */
export async function readServerInfo({ address, client }: OllamaServer): Promise<OllamaServerInfo> {
  const [status, [installed]] = await Promise.all([
    readStatus(client),
    Promise.allSettled([client.installedModels()]),
  ]);
  const models = installed.status === 'fulfilled' ? installed.value.map(({ name }) => name) : [];
  return {
    address,
    ...status,
    error_code: status.error_code ?? (installed.status === 'rejected' ? codeOf(installed.reason) : null),
    model_count: models.length,
    models,
  };
}

/** How all servers together are doing. A server that is away is no error while another one answers. */
export function statusOfAll(servers: readonly OllamaServerStatus[]): OllamaStatus {
  const answering = servers.filter(({ reachable }) => reachable);
  const telling = answering.length > 0 ? answering : servers;
  return {
    reachable: answering.length > 0,
    version: answering[0]?.version ?? null,
    loaded_models: servers.flatMap((server) => server.loaded_models).toSorted(byName),
    error_code: telling.find((server) => server.error_code !== null)?.error_code ?? null,
    ...(servers.length > 1 ? { servers } : {}),
  };
}

/** Whether two states look the same to watchers. */
export function isSameStatus(a: OllamaStatus, b: OllamaStatus): boolean {
  const { servers = [] } = a;
  const { servers: others = [] } = b;
  return (
    hasSameFacts(a, b) &&
    servers.length === others.length &&
    servers.every((server, index) => hasSameFacts(server, others[index]))
  );
}

function hasSameFacts(a: StatusFacts, b: StatusFacts | undefined): boolean {
  return (
    a.reachable === b?.reachable &&
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
    .toSorted(byName);
}

function byName(a: LoadedModelStatus, b: LoadedModelStatus): number {
  return a.name.localeCompare(b.name);
}

function utc(time: string | undefined): string | null {
  const date = new Date(time ?? NaN);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** A list that is none makes a TypeError. */
function codeOf(error: unknown): ErrorCode {
  return error instanceof ModelCallError ? error.code : 'BAD_STREAM';
}
