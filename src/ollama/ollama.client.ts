import { Injectable } from '@nestjs/common';
import { OllamaHttp } from './ollama-http';

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
  readonly model_info?: Readonly<Record<string, unknown>> | null;
}

/** Milliseconds for questions that Ollama answers from memory. */
const QUICK_MS = 5_000;

/** Ollama's inventory. */
@Injectable()
export class OllamaClient {
  constructor(private readonly http: OllamaHttp) {}

  async version(timeoutMs = QUICK_MS): Promise<string> {
    const answer = await this.http.json<{ version?: unknown } | null>(
      { method: 'GET', path: '/api/version' },
      timeoutMs,
    );
    return typeof answer?.version === 'string' ? answer.version : 'unknown';
  }

  async installedModels(): Promise<readonly InstalledModel[]> {
    const answer = await this.http.json<{ models?: InstalledModel[] | null } | null>(
      { method: 'GET', path: '/api/tags' },
      QUICK_MS,
    );
    return answer?.models ?? [];
  }

  async loadedModels(): Promise<readonly LoadedModel[]> {
    const answer = await this.http.json<{ models?: LoadedModel[] | null } | null>(
      { method: 'GET', path: '/api/ps' },
      QUICK_MS,
    );
    return answer?.models ?? [];
  }

  show(model: string): Promise<ModelDetails> {
    return this.http.json<ModelDetails>(
      { method: 'POST', path: '/api/show', body: { model }, model },
      QUICK_MS,
    );
  }
}
