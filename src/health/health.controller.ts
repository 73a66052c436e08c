import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { Database } from '../database/database';
import { ServerClosing } from '../live/server-closing';
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
   * Without Ollama it is `degraded`: everything stored can be read, but agents cannot speak. From the moment at which the
   * server is told to stop it is `closing`, with status 503.
   */
  @Get('health/ready')
  async ready(@Res({ passthrough: true }) response: Response): Promise<Readiness> {
    await this.database.read.query('SELECT 1');
    const version = await this.ollama.version(OLLAMA_WAIT_MS).catch(() => null);
    const { isClosing } = this.closing;
    if (isClosing) {
      response.status(HttpStatus.SERVICE_UNAVAILABLE);
    }
    const status = version === null ? 'degraded' : 'ready';
    return {
      status: isClosing ? 'closing' : status,
      database: 'up',
      ollama: version === null ? 'away' : 'up',
      ollama_version: version,
    };
  }
}
