import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { Database } from '../database/database';
import { ServerClosing } from '../live/server-closing';
import { OllamaFleet } from '../ollama/ollama-fleet';
import { Health, Readiness } from './health.dto';

/** Milliseconds that a health check waits for Ollama. */
const OLLAMA_WAIT_MS = 1_000;

@ApiTags('health')
@Controller()
export class HealthController {
  constructor(
    private readonly database: Database,
    private readonly ollama: OllamaFleet,
    private readonly closing: ServerClosing,
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
   * While no Ollama server answers it is `degraded`: everything stored can be read, but agents cannot speak. From the moment at which the
   * server is told to stop it is `closing`, with status 503.
   */
  @Get('health/ready')
  async ready(@Res({ passthrough: true }) response: Response): Promise<Readiness> {
    await this.database.read.query('SELECT 1');
    const { reachable, version, servers } = await this.ollama.status(OLLAMA_WAIT_MS);
    const { isClosing } = this.closing;
    if (isClosing) {
      response.status(HttpStatus.SERVICE_UNAVAILABLE);
    }
    const status = reachable ? 'ready' : 'degraded';
    return {
      status: isClosing ? 'closing' : status,
      database: 'up',
      ollama: reachable ? 'up' : 'away',
      ollama_version: version,
      ...(servers ? { servers: [...servers] } : {}),
    };
  }
}
