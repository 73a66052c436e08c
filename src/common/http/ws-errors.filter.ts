import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { describeError, type DescribedError, describeStatus } from './described-error';

/** What a client gets in place of an answer: through its acknowledgement, or as an `error` event. */
export interface WsErrorAnswer {
  readonly error: {
    readonly code: string;
    readonly message: string;
    /** The wrong fields, when there are any. */
    readonly detail?: DescribedError['problems'];
  };
}

/**
 * Answers every exception of a Socket.IO handler; put on each gateway with `@UseFilters(WsErrorsFilter)`.
 * Without it Nest 12 never calls the acknowledgement of a failed event, and shows the client its own payload.
 */
@Catch()
export class WsErrorsFilter implements ExceptionFilter {
  private readonly logger = new Logger(WsErrorsFilter.name);

  catch(exception: unknown, host: ArgumentsHost): void {
    const fault = describe(exception);
    this.log(exception, fault, host.switchToWs().getPattern());
    const { code, message, problems } = fault;
    const answer: WsErrorAnswer = {
      error: { code, message, ...(problems === undefined ? {} : { detail: problems }) },
    };
    const acknowledge = host.getArgs<unknown[]>().find((argument) => typeof argument === 'function');
    if (acknowledge === undefined) {
      host
        .switchToWs()
        .getClient<{ emit(event: string, payload: WsErrorAnswer): void }>()
        .emit('error', answer);
    } else {
      acknowledge(answer);
    }
  }

  private log(exception: unknown, { code, level }: DescribedError, event: string): void {
    if (level === 'error') {
      this.logger.error('Socket event failed', { code, event, error: exception });
    } else {
      this.logger[level]('Socket event refused', { code, event });
    }
  }
}

function describe(exception: unknown): DescribedError {
  return exception instanceof WsException ? describeStatus(400, exception.message) : describeError(exception);
}
