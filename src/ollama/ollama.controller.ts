import { Body, Controller, Get, HttpCode, Post, type RawBodyRequest, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { whenClosed } from '../common/http/when-closed';
import { requireObject } from '../common/validation/validate-request';
import { EndpointTester } from './endpoint-tester';
import { GenerateProxy } from './generate-proxy';
import { ModelScheduler } from './scheduling/model-scheduler';
import { SchedulerStatus } from './scheduling/scheduler-status.dto';
import { EndpointTestRequest, OllamaServerList, TestedModels, TestedVersion } from './ollama.dto';
import { OllamaFleet } from './ollama-fleet';

const NDJSON = 'application/x-ndjson';

@ApiTags('ollama')
@Controller('api/ollama')
export class OllamaController {
  constructor(
    private readonly proxy: GenerateProxy,
    private readonly tester: EndpointTester,
    private readonly scheduler: ModelScheduler,
    private readonly fleet: OllamaFleet,
  ) {}

  /**
   * List the Ollama servers
   *
   * Those of OLLAMA_URLS, or the one of OLLAMA_URL: whether each is reachable, what it has on its disk and in memory.
   */
  @Get('servers')
  async listServers(): Promise<OllamaServerList> {
    return { servers: await this.fleet.describe() };
  }

  /**
   * Generate text with Ollama
   *
   * Passes the body on to Ollama unchanged, and the answer back as it comes: one JSON object a line, or a single one with
   * `stream: false`. The connection breaks off when Ollama does; leaving stops Ollama at once.
   */
  @Post('generate')
  @HttpCode(200)
  @ApiBody({
    description: 'A request of `/api/generate` of Ollama.',
    schema: { type: 'object', additionalProperties: true, example: { model: 'llama3.2', prompt: 'Hello' } },
  })
  @ApiOkResponse({
    description: 'What Ollama says.',
    content: { [NDJSON]: { schema: { type: 'string' }, example: '{"response":"Hi","done":false}\n' } },
  })
  proxyGenerate(
    @Body() body: Record<string, unknown>,
    @Req() request: RawBodyRequest<Request>,
    @Res() response: Response,
  ): Promise<void> {
    const { rawBody: bytes = Buffer.alloc(0) } = request;
    return this.proxy.forward(
      { body: requireObject(body, 'body'), bytes, signal: whenClosed(response) },
      () => {
        response.writeHead(200, { 'content-type': NDJSON }).flushHeaders();
        return response;
      },
    );
  }

  /**
   * See what the scheduler does
   *
   * Which calls wait and are in flight, by model, server and experiment; loads of models made and saved; speeds; when experiments will
   * be over. The gateway `/ollama` tells the same as `ollama.scheduler` after `scheduler.subscribe`.
   */
  @Get('scheduler')
  schedulerStatus(): SchedulerStatus {
    return this.scheduler.status();
  }

  /**
   * List the models of another Ollama server
   *
   * For settings pages. Allowed are this machine, OLLAMA_URLS, and the networks of OLLAMA_TEST_NETWORKS.
   */
  @Post('test/list')
  @HttpCode(200)
  proxyTestList(@Body() { endpoint }: EndpointTestRequest): Promise<TestedModels> {
    return this.tester.models(endpoint);
  }

  /**
   * Get the version of another Ollama server
   *
   * For settings pages. Allowed are this machine, OLLAMA_URLS, and the networks of OLLAMA_TEST_NETWORKS.
   */
  @Post('test/version')
  @HttpCode(200)
  testVersionProxy(@Body() { endpoint }: EndpointTestRequest): Promise<TestedVersion> {
    return this.tester.version(endpoint);
  }
}
