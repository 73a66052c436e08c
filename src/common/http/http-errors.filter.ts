import { type ArgumentsHost, Catch, type ExceptionFilter, Logger, NotFoundException } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { type ErrorCode, errorCodeInfo } from '../errors/error-codes';
import { describeError, type DescribedError, describeStatus } from './described-error';
import { requestIdOf } from './request-id';
import { isBelow, pathOf } from './request-path';
import { allowedMethods } from './route-methods';

/** Seconds after which trying again may help, by status. */
const RETRY_AFTER_SECONDS: Readonly<Record<number, string>> = { 503: '5' };

/** The same by code, where other faults of the status are final. */
const RETRY_AFTER_SECONDS_OF_CODE: Readonly<Partial<Record<ErrorCode, string>>> = {
  IDEMPOTENCY_IN_PROGRESS: '1',
};

/**
 * Answers every exception of an HTTP request, in the two families of error bodies of wire-contract §1 with `code`
 * and `request_id` added. Global filters do not run for gateways; those use `WsErrorsFilter`.
 */
@Catch()
export class HttpErrorsFilter implements ExceptionFilter {
  private readonly logger = new Logger(HttpErrorsFilter.name);

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const req = http.getRequest<Request>();
    const res = http.getResponse<Response>();
    const fault = describe(exception, req, res);
    this.log(exception, fault, req);
    if (res.headersSent) {
      res.end();
      return;
    }
    const retryAfter = RETRY_AFTER_SECONDS_OF_CODE[fault.code] ?? RETRY_AFTER_SECONDS[fault.status];
    if (retryAfter !== undefined) {
      res.setHeader('Retry-After', retryAfter);
    }
    // A handler may have announced something else before it failed.
    res
      .status(fault.status)
      .type('json')
      .json(bodyOf(fault, pathOf(req), requestIdOf(req)));
  }

  private log(exception: unknown, { code, status, level }: DescribedError, req: Request): void {
    const fields = { code, status, method: req.method, path: pathOf(req), request_id: requestIdOf(req) };
    if (level === 'error') {
      this.logger.error('Request failed', { ...fields, error: exception });
    } else {
      this.logger[level]('Request refused', fields);
    }
  }
}

function describe(exception: unknown, req: Request, res: Response): DescribedError {
  if (exception instanceof NotFoundException) {
    const methods = allowedMethods(req);
    if (methods.length > 0 && !methods.includes(req.method)) {
      res.setHeader('Allow', methods.join(', '));
      return describeStatus(405, '');
    }
  }
  const fault = describeError(exception);
  // Existing clients know a wrong body there as a 400 with a text.
  const isOllama = isBelow(pathOf(req), '/api/ollama');
  return isOllama && fault.problems !== undefined ? { ...fault, status: 400, problems: undefined } : fault;
}

function bodyOf(fault: DescribedError, path: string, requestId: string): object {
  const { code, message, details, problems, isOfFramework } = fault;
  if (problems !== undefined) {
    return { detail: problems, code, request_id: requestId };
  }
  const hasEnvelope = isBelow(path, '/api/experiments') || isBelow(path, '/api/conversations');
  if (!hasEnvelope || isOfFramework) {
    return { detail: message, code, request_id: requestId };
  }
  return { error: errorCodeInfo(code).envelope, message, details, code, request_id: requestId };
}
