export class Health {
  /** @example "healthy" */
  status!: string;
  /** @example "llama-herd-backend" */
  service!: string;
}

export class Readiness {
  /** `degraded` = Ollama is away; `closing` = the server is stopping (status 503). @example "ready" */
  status!: 'ready' | 'degraded' | 'closing';
  /** @example "up" */
  database!: 'up';
  /** @example "up" */
  ollama!: 'up' | 'away';
  /** @example "0.33.0" */
  ollama_version!: string | null;
}
