import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { type StoredEvent } from '../../live/event-types';
import { Heard } from './heard';
import { SseParser } from './sse-parser';

const COME_BACK_MS = 20;

/** A client of Server-Sent Events that comes back after every lost connection, with `Last-Event-ID`, until nothing more comes. */
export class SseFollower {
  readonly heard: Heard;
  private response: IncomingMessage | null = null;
  private isClosed = false;

  constructor(
    private readonly url: string,
    experimentId: string,
    after = 0,
  ) {
    this.heard = new Heard(experimentId, after);
    void this.follow();
  }

  /** Loses the connection; it comes back by itself. */
  cut(): void {
    this.response?.destroy();
  }

  close(): void {
    this.isClosed = true;
    this.cut();
  }

  private async follow(): Promise<void> {
    while (!this.isClosed) {
      const status = await this.open().catch(() => null);
      if (status === 204) {
        return;
      }
      if (status !== null && status !== 200) {
        this.heard.faults.push(`the stream was answered with ${status}`);
        return;
      }
      await wait(COME_BACK_MS);
    }
  }

  /** One connection, until it is gone. @returns the status of the answer */
  private async open(): Promise<number> {
    const { experimentId, last } = this.heard;
    const sent = request(`${this.url}/api/experiments/${experimentId}/events?after=${last}&deltas=false`, {
      agent: false,
      headers: { accept: 'text/event-stream', ...(last > 0 ? { 'last-event-id': String(last) } : {}) },
    });
    sent.on('error', () => undefined);
    const answered = Promise.race([
      once(sent, 'response') as Promise<[IncomingMessage]>,
      once(sent, 'close').then(() => null),
    ]);
    sent.end();
    const answer = await answered;
    if (answer === null) {
      throw new Error('There was no answer.');
    }
    const [response] = answer;
    this.response = response;
    const parser = new SseParser(({ hasId, data }) => {
      if (hasId) {
        this.heard.take(JSON.parse(data) as StoredEvent, data);
      }
    });
    response.setEncoding('utf8').on('data', (piece: string) => {
      // What is still buffered when the connection is cut is lost, as with a bad network.
      if (!response.destroyed) {
        parser.push(piece);
      }
    });
    response.on('error', () => undefined);
    await once(response, 'close').catch(() => undefined);
    return response.statusCode ?? 0;
  }
}
