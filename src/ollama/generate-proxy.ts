import { type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import { DomainError } from '../common/errors/domain-error';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { CallScheduler } from './call-scheduler';
import { errorFromSocket, ModelCallError } from './model-call-error';
import { type OllamaHttp } from './ollama-http';
import { WatchedCall } from './watched-call';
import { type CallLimits, callLimits } from './watchdog';

/** A generate request as a client sent it. */
export interface GenerateRequest {
  /** The body as it came. */
  readonly bytes: Buffer;
  /** The same, read. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
}

/** Longest model name that is repeated in a message. */
const SHOWN_NAME = 300;

/**
 * Passes a generate request on to Ollama and the bytes of the answer back, no faster than the client reads. One request
 * a call, never a second try. It takes a slot of the scheduler like every other call to Ollama, so a client may have to
 * wait for the turns of experiments, and they for it; a client that leaves gives the slot back at once.
 */
@Injectable()
export class GenerateProxy {
  constructor(
    private readonly scheduler: CallScheduler,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /**
   * Resolves when the answer has been sent, or the client has left.
   * @param begin called once Ollama has accepted the request; gives where the answer goes. That is destroyed when the
   * answer breaks off, so that half an answer never looks like a whole one.
   * @throws DomainError UPSTREAM_FAILED with Ollama's reason
   */
  async forward(request: GenerateRequest, begin: () => Writable): Promise<void> {
    const { signal } = request;
    const model = modelOf(request);
    try {
      await this.scheduler.run({ model, signal }, ({ server }) =>
        this.pass(server.http, request, model, begin),
      );
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      throw error instanceof ModelCallError
        ? new DomainError('UPSTREAM_FAILED', error.message, {}, { cause: error })
        : error;
    }
  }

  private async pass(
    http: OllamaHttp,
    { bytes, body, signal }: GenerateRequest,
    model: string,
    begin: () => Writable,
  ): Promise<void> {
    const call = new WatchedCall(this.limitsFor(body), signal);
    try {
      const answer = await http.open({
        method: 'POST',
        path: '/api/generate',
        body: bytes,
        model,
        signal: call.signal,
        onConnect: () => call.connected(),
      });
      try {
        await pipeline(answer, (chunks) => watched(chunks, call), begin());
      } catch (error) {
        throw errorFromSocket(error as Error, http.address, true);
      }
    } catch (error) {
      throw call.failure ?? error;
    } finally {
      call.end();
    }
  }

  /**
   * OLLAMA_TIMEOUT is for turns and does not end a stream that goes on. An answer in one piece comes when all of it is
   * generated: until then it may take as long as the first token and a turn together.
   */
  private limitsFor({ stream }: GenerateRequest['body']): CallLimits {
    const limits = callLimits(this.settings);
    const firstTokenMs = stream === false ? limits.firstTokenMs + limits.totalMs : limits.firstTokenMs;
    return { ...limits, firstTokenMs, totalMs: Infinity };
  }
}

function modelOf({ body }: GenerateRequest): string {
  const { model } = body;
  return typeof model === 'string' ? model.slice(0, SHOWN_NAME).toWellFormed() : '';
}

/**
 * Each piece moves the clock of silence on. It is asked for only when the client has taken the one before, so a client
 * that stops reading runs into that clock as well, and does not keep Ollama from others for ever.
 */
async function* watched(chunks: AsyncIterable<Buffer>, call: WatchedCall): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    call.token();
    yield chunk;
  }
}
