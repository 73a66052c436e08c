import { OllamaServerStatus } from '../ollama/ollama.dto';

export class Health {
  /** @example "healthy" */
  status!: string;
  /** @example "llama-herd-backend" */
  service!: string;
}

export class Readiness {
  /** `degraded` = no Ollama server answers; `closing` = the server is stopping (status 503). @example "ready" */
  status!: 'ready' | 'degraded' | 'closing';
  /** @example "up" */
  database!: 'up';
  /** `up` while any server answers. @example "up" */
  ollama!: 'up' | 'away';
  /** @example "0.33.0" */
  ollama_version!: string | null;
  /** Each Ollama server for itself; left out when there is only one. */
  servers?: OllamaServerStatus[];
}
