import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Request, type Response } from 'express';
import { lastValueFrom, type Observable, of } from 'rxjs';
import { bodyHashOf } from '../common/http/body-hash';
import { IDEMPOTENCY_REPLAYED, idempotencyKeyOf } from './idempotency-key';
import { IdempotentRequests } from './idempotent-requests';
import { reserveResourceId } from './resource-id.decorator';

/** Makes the short form of an answer that is too long to be kept. */
export type Shorten = (body: unknown) => unknown;

/** Metadata of a route: its `Shorten`. */
export const SHORTEN = Symbol('shorten');

/** Answers a request whose Idempotency-Key is known with what was answered before, without calling the handler. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly requests: IdempotentRequests,
    private readonly reflector: Reflector,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler<unknown>): Promise<Observable<unknown>> {
    const req = context.switchToHttp().getRequest<Request>();
    const res = context.switchToHttp().getResponse<Response>();
    const key = idempotencyKeyOf(req.headers);
    if (key === null) {
      return next.handle();
    }
    const { body, isReplayed } = await this.requests.run(
      { key, route: `${req.method} ${req.path}`, requestHash: bodyHashOf(req) },
      async (resourceId) => {
        reserveResourceId(req, resourceId);
        return { body: await lastValueFrom(next.handle()), status: res.statusCode };
      },
      this.reflector.get<Shorten | undefined>(SHORTEN, context.getHandler()),
    );
    if (isReplayed) {
      // The status is that of the route, which is the same for every answer that is kept.
      res.setHeader(IDEMPOTENCY_REPLAYED, 'true');
    }
    return of(body);
  }
}
