import { randomUUID } from 'node:crypto';
import { type IncomingMessage } from 'node:http';
import { type NextFunction, type Request, type Response } from 'express';

const ACCEPTED = /^[A-Za-z0-9_.-]{1,64}$/;

const ids = new WeakMap<IncomingMessage, string>();

/** The id under which the log and the answer speak of a request. */
export function requestIdOf(req: IncomingMessage): string {
  let id = ids.get(req);
  if (id === undefined) {
    const sent = req.headers['x-request-id'];
    id = typeof sent === 'string' && ACCEPTED.test(sent) ? sent : randomUUID();
    ids.set(req, id);
  }
  return id;
}

/** Middleware: tells the client the id of its request; a sane one that it sent itself is kept. */
export function tellRequestId(req: Request, res: Response, next: NextFunction): void {
  res.setHeader('X-Request-Id', requestIdOf(req));
  next();
}
