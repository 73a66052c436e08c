import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Database } from '../database/database';
import { OllamaClient } from '../ollama/ollama.client';
import { Health, Readiness } from './health.dto';

/** Milliseconds that a health check waits for Ollama. */
const OLLAMA_WAIT_MS = 1_000;

@ApiTags('health')
@Controller()
export class HealthController {
  constructor(
    private readonly database: Database,
    private readonly ollama: OllamaClient,
  ) {}

  /**
   * Tell that the server is alive
   *
   * For container health checks.
   */
  @Get('health')
  health(): Health {
    return { status: 'healthy', service: 'llama-herd-backend' };
  }

  /**
   * Tell whether the server can do its work
   *
   * Without Ollama it is `degraded`: everything stored can be read, but agents cannot speak.
   */
  @Get('health/ready')
  async ready(): Promise<Readiness> {
    await this.database.read.query('SELECT 1');
    const version = await this.ollama.version(OLLAMA_WAIT_MS).catch(() => null);
    return {
      status: version === null ? 'degraded' : 'ready',
      database: 'up',
      ollama: version === null ? 'away' : 'up',
      ollama_version: version,
    };
  }
}
