import { type Request } from 'express';
import { ValidationFailedError } from '../errors/domain-error';
import { problem } from '../validation/field-problems';

/** Whether a request would rather have Server-Sent Events than JSON. They have to be named: `*` is no wish for them. */
export function asksForEventStream(req: Request): boolean {
  return (
    /\btext\/event-stream\b/i.test(req.headers.accept ?? '') &&
    req.accepts(['application/json', 'text/event-stream']) === 'text/event-stream'
  );
}

/**
 * Where a client was that comes back: the `Last-Event-ID` that browsers send. Null when there is none; an empty one means
 * that it has nothing yet.
 * @throws ValidationFailedError when it is no number of an event
 */
export function lastEventIdOf(req: Request): number | null {
  const sent = req.get('last-event-id')?.trim() ?? '';
  if (sent === '') {
    return null;
  }
  if (!/^\d{1,15}$/.test(sent)) {
    const msg = 'Input should be the number of an event: a whole number of at most 15 digits, without a sign';
    throw new ValidationFailedError([problem('int_parsing', ['header', 'Last-Event-ID'], msg, sent)]);
  }
  return Number(sent);
}
