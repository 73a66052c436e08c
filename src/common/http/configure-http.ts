import { type NestExpressApplication } from '@nestjs/platform-express';
import { type NextFunction, type Request, type Response } from 'express';
import { type Settings } from '../../config/settings.schema';
import { type AccessGuard, createAccessGuard } from '../access/access-guard';
import { DomainError } from '../errors/domain-error';
import { RequestValidationPipe } from '../validation/request-validation.pipe';
import { answerClientErrors } from './client-errors';
import { installCors } from './cors';
import { asksForEventStream } from './event-stream-request';
import { HttpErrorsFilter } from './http-errors.filter';
import { readJsonBody } from './json-body';
import { tellRequestId } from './request-id';
import { securityHeaders } from './security-headers';
import { redirectTrailingSlash } from './trailing-slash';

/**
 * Installs all that stands between the network and the controllers. Who is not let in gets no further than the guard:
 * nothing of the request is read before. The app must be made with `bodyParser: false`.
 * @param guard the same one that the sockets use
 */
export function configureHttp(
  app: NestExpressApplication,
  settings: Settings,
  guard: AccessGuard = createAccessGuard(settings),
): void {
  app.disable('x-powered-by');
  // Hashing every answer costs more than the few equal ones would save.
  app.disable('etag');
  answerClientErrors(app.getHttpServer());
  app.use(tellRequestId);
  app.use(securityHeaders);
  app.use(accessMiddleware(guard));
  installCors(app, settings);
  app.use(redirectTrailingSlash);
  app.use(readJsonBody(settings));
  app.useGlobalPipes(new RequestValidationPipe(settings.maxNestingDepth));
  app.useGlobalFilters(new HttpErrorsFilter());
}

/** A stream of events is watched like a socket, so it is let in like one. */
function accessMiddleware(guard: AccessGuard) {
  return (req: Request, _res: Response, next: NextFunction): void => {
    const decision = guard(req, asksForEventStream(req) ? 'handshake' : 'request');
    next(decision.allowed ? undefined : new DomainError(decision.code, decision.message));
  };
}
