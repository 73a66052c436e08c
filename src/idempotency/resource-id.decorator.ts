import { randomUUID } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Request } from 'express';

const reserved = new WeakMap<Request, string>();

/** Fixes the id of what a request creates. */
export function reserveResourceId(req: Request, id: string): void {
  reserved.set(req, id);
}

/**
 * The id for what a request creates, a UUID: the one that its Idempotency-Key reserved, else a fresh one. With a key, the
 * handler may be called again with the same id after a crash; it must then find what it created, and answer as before.
 */
export const ResourceId = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  return reserved.get(context.switchToHttp().getRequest<Request>()) ?? randomUUID();
});
