import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { type Response } from 'express';
import { loadSettings } from '../../../config/load-settings';
import { DomainError } from '../../errors/domain-error';
import { IntField, JsonObjectField, ObjectListField, TextField } from '../../validation/fields';
import { configureHttp } from '../configure-http';

class AgentDto {
  @TextField({ trim: true, nonBlank: true })
  name!: string;
}

class StartDto {
  @ObjectListField(() => AgentDto, { minItems: 1 })
  agents!: AgentDto[];

  @JsonObjectField({ optional: true })
  extra?: Record<string, unknown>;
}

class PageDto {
  @IntField({ optional: true, min: 1 })
  limit?: number = 20;
}

@Controller('api')
class ProbeController {
  @Get('experiments')
  list(@Query() page: PageDto): object {
    return { limit: page.limit };
  }

  @Post('experiments/start')
  @HttpCode(200)
  start(@Body() body: StartDto): object {
    return { names: body.agents.map(({ name }) => name), extra: body.extra };
  }

  @Get('experiments/:id')
  get(@Param('id') id: string): object {
    throw new DomainError('EXPERIMENT_NOT_FOUND', 'Experiment not found', {
      resource_type: 'experiment',
      resource_id: id,
    });
  }

  @Put('experiments/:id')
  update(@Body() body: unknown): object {
    return { kind: typeof body };
  }

  @Get('broken/:id')
  broken(): object {
    throw new TypeError('secret');
  }

  @Get('experiments/:id/broken')
  brokenExperiment(): object {
    throw new TypeError('secret');
  }

  @Get('experiments/:id/half')
  half(@Res() res: Response): void {
    res.type('application/x-ndjson').write('{"half":true}\n');
    throw new TypeError('secret');
  }

  @Get('busy')
  busy(): object {
    throw new DomainError('DATABASE_BUSY', 'The database is locked');
  }

  @Post('models/pull')
  @HttpCode(200)
  pull(@Body() body: AgentDto): object {
    return { name: body.name };
  }

  @Post('ollama/generate')
  @HttpCode(200)
  generate(@Body() body: Record<string, unknown>): object {
    return { keys: Object.keys(body) };
  }

  @Post('conversations')
  @HttpCode(200)
  save(@Body() body: Record<string, unknown>): object {
    return { characters: String(body['text']).length };
  }

  @Delete('conversations/:id')
  remove(): object {
    return { message: 'deleted' };
  }
}

/** What came back, with the body parsed where it is a JSON object. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly json: unknown;
}

/** A small Nest application behind `configureHttp`, on a free port, for the specs of the HTTP edge. */
export class ProbeApp {
  private constructor(
    private readonly app: NestExpressApplication,
    readonly port: number,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<ProbeApp> {
    const module = await Test.createTestingModule({ controllers: [ProbeController] }).compile();
    const app = module.createNestApplication<NestExpressApplication>({ bodyParser: false });
    configureHttp(app, loadSettings(env));
    const server = await app.listen(0, '127.0.0.1');
    const address = server.address();
    return new ProbeApp(app, typeof address === 'object' ? (address?.port ?? 0) : 0);
  }

  stop(): Promise<void> {
    return this.app.close();
  }

  /** Through node:http, since fetch tidies up addresses and headers that a test wants to send as they are. */
  async call(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string | Buffer,
  ): Promise<Answer> {
    const sent = httpRequest({ port: this.port, host: '127.0.0.1', method, path, headers, agent: false });
    sent.end(body);
    const [answer] = await once(sent, 'response');
    const received = await text(answer);
    const isJson = String(answer.headers['content-type']).includes('json') && received.startsWith('{');
    const json: unknown = isJson ? JSON.parse(received) : undefined;
    return { status: answer.statusCode, headers: answer.headers, body: received, json };
  }

  send(path: string, body: string | Buffer, type = 'application/json', method = 'POST'): Promise<Answer> {
    const headers = { 'content-type': type, 'content-length': String(Buffer.byteLength(body)) };
    return this.call(method, path, headers, body);
  }
}
