import { type ServerEvents } from './event-types';

/** Media type of Server-Sent Events. */
export const SSE_TYPE = 'text/event-stream';

/** Headers of a stream; the last one keeps a proxy from gathering what should pass. */
export const SSE_HEADERS = {
  'Content-Type': `${SSE_TYPE}; charset=utf-8`,
  'Cache-Control': 'no-store',
  'X-Accel-Buffering': 'no',
} as const;

/** A comment: tells nothing, but shows proxies and the client that the connection lives. */
export const SSE_PING = ': ping\n\n';

/** Names of events: those of the streams, and those of an agent that is tried out. They are constants of ours, never something that a client sent. */
export type SseEventName = keyof ServerEvents | 'delta' | 'done';

/**
 * One event. The data is one line whatever texts are in it: JSON writes line breaks as escapes. With an id a client that
 * lost its connection says where it was.
 */
export function sseEvent(name: SseEventName, data: object, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Tells a browser how long it waits before it comes back. */
export function sseRetry(ms: number): string {
  return `retry: ${ms}\n\n`;
}
