import { Inject, Injectable, Logger } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { describeError } from '../../common/http/described-error';
import { asksForEventStream } from '../../common/http/event-stream-request';
import { whenClosed } from '../../common/http/when-closed';
import { SETTINGS_TOKEN } from '../../config/config.module';
import { type Settings } from '../../config/settings.schema';
import { SseConnection } from '../../live/sse-connection';
import { sseEvent } from '../../live/sse-format';
import { AgentTries, type Try } from './agent-tries';

/** Answers with what an agent says: as it comes, or in one piece. */
@Injectable()
export class TryAnswers {
  private readonly logger = new Logger(TryAnswers.name);

  constructor(
    private readonly tries: AgentTries,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** @throws ModelCallError, unless the client reads events: then it is one of them */
  async send(request: Request, response: Response, attempt: Try): Promise<void> {
    response.vary('Accept');
    const left = whenClosed(response);
    try {
      if (asksForEventStream(request)) {
        await this.stream(response, attempt, left);
      } else {
        response.json(await this.tries.run(attempt, left, () => undefined));
      }
    } catch (error) {
      if (!left.aborted) {
        throw error;
      }
    }
  }

  private async stream(response: Response, attempt: Try, left: AbortSignal): Promise<void> {
    const connection = new SseConnection(response, { heartbeatMs: this.settings.sseHeartbeatSeconds * 1000 });
    // The answer may be long in coming: the client is told that it is on its way.
    connection.start();
    try {
      const answer = await this.tries.run(attempt, left, (channel, text) => {
        if (connection.isSlow(this.settings.slowConsumerQueue)) {
          connection.cut();
        } else if (text !== '') {
          connection.write(sseEvent('delta', { channel, text }));
        }
      });
      connection.write(sseEvent('done', answer));
    } catch (error) {
      if (!left.aborted) {
        connection.write(sseEvent('error', this.described(error)));
      }
    }
    connection.end();
  }

  private described(error: unknown): { code: string; message: string } {
    const { code, message, level } = describeError(error);
    if (level === 'error') {
      this.logger.error('an agent could not be tried', { code, error });
    }
    return { code, message };
  }
}
