import { OllamaHttp } from './ollama-http';
import { type PullOptions, streamPull } from './pull-stream';

/** A model as `/api/tags` lists it; Go leaves out what is empty. */
export interface InstalledModel {
  readonly name: string;
  readonly size?: number;
  readonly digest?: string;
  /** RFC 3339. */
  readonly modified_at?: string;
  readonly details?: Readonly<Record<string, unknown>> | null;
}

/** A model in memory, as `/api/ps` lists it. */
export interface LoadedModel {
  readonly name: string;
  readonly size?: number;
  readonly size_vram?: number;
  readonly digest?: string;
  /** RFC 3339; ~292 years ahead = for ever. */
  readonly expires_at?: string;
  /** The allocated one, in tokens. */
  readonly context_length?: number;
  readonly details?: Readonly<Record<string, unknown>> | null;
}

/** The parts of `/api/show` that are used here; Go writes null for what is empty. */
export interface ModelDetails {
  readonly capabilities?: readonly string[] | null;
  readonly parameters?: string | null;
  readonly details?: Readonly<Record<string, unknown>> | null;
  readonly model_info?: Readonly<Record<string, unknown>> | null;
}

/** Milliseconds for questions that Ollama answers from memory. */
const QUICK_MS = 5_000;

/** How a model is loaded. */
export interface LoadOptions {
  /** Its context window, in tokens. */
  readonly numCtx: number;
  /** How long it stays without a call; see the setting. */
  readonly keepAlive: string | number;
}

/** Milliseconds for the load of a model. */
const LOAD_MS = 600_000;

/** Milliseconds for work on the disk. */
const DISK_MS = 30_000;

/** The inventory of an Ollama server, and what changes it. */
export class OllamaClient {
  constructor(private readonly http: OllamaHttp) {}

  async version(timeoutMs = QUICK_MS): Promise<string> {
    const answer = await this.http.json<{ version?: unknown } | null>(
      { method: 'GET', path: '/api/version' },
      timeoutMs,
    );
    return typeof answer?.version === 'string' ? answer.version : 'unknown';
  }

  installedModels(): Promise<readonly InstalledModel[]> {
    return this.models<InstalledModel>('/api/tags', QUICK_MS);
  }

  loadedModels(timeoutMs = QUICK_MS): Promise<readonly LoadedModel[]> {
    return this.models<LoadedModel>('/api/ps', timeoutMs);
  }

  show(model: string): Promise<ModelDetails> {
    return this.http.json<ModelDetails>(
      { method: 'POST', path: '/api/show', body: { model }, model },
      QUICK_MS,
    );
  }

  /** Pulls a model; ends well only when all of it is there. See `streamPull`. */
  pull(model: string, options: PullOptions): Promise<void> {
    return streamPull(this.http, model, options);
  }

  /** Takes a model off the disk; a copy in memory works on until its time is over. */
  async delete(model: string): Promise<void> {
    await this.http.text({ method: 'DELETE', path: '/api/delete', body: { model }, model }, DISK_MS);
  }

  /** Loads a model into memory; resolves when it is there. With another `numCtx` its next call would load it anew. */
  async load(model: string, { numCtx, keepAlive }: LoadOptions): Promise<void> {
    const body = { model, keep_alive: keepAlive, stream: false, options: { num_ctx: numCtx } };
    await this.http.text({ method: 'POST', path: '/api/generate', body, model }, LOAD_MS);
  }

  /** Takes a model out of memory, once the calls that it works on are over. */
  async unload(model: string): Promise<void> {
    const body = { model, keep_alive: 0, stream: false };
    await this.http.text({ method: 'POST', path: '/api/generate', body, model }, QUICK_MS);
  }

  private async models<T extends { readonly name: string }>(
    path: string,
    timeoutMs: number,
  ): Promise<readonly T[]> {
    const answer = await this.http.json<{ models?: unknown } | null>({ method: 'GET', path }, timeoutMs);
    const models: unknown[] = Array.isArray(answer?.models) ? answer.models : [];
    return models.filter((model): model is T => typeof (model as T | null)?.name === 'string');
  }
}
