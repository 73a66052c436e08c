import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { EventLog } from './events';

/** A webhook as it arrived. */
export interface ReceivedWebhook {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
}

/** Answers a webhook; the number is how many came before it. */
export type WebhookAnswer = (response: ServerResponse, before: number) => void;

/** A receiver of webhooks, over real HTTP. */
export interface WebhookReceiver {
  readonly host: string;
  readonly url: string;
  readonly received: EventLog<ReceivedWebhook>;
  /** Waits until so many have come. */
  readonly waitForCount: (count: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function startReceiver(answer: WebhookAnswer): Promise<WebhookReceiver> {
  const received = new EventLog<ReceivedWebhook>();
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    void text(request).then((body) => {
      const before = received.all.length;
      const { url: path = '', method = '', headers } = request;
      received.push({ path, method, headers, body, closed });
      answer(response, before);
      return undefined;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}`,
    received,
    waitForCount: async (count) => {
      await received.waitFor(() => received.all.length >= count, `${count} webhooks`);
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Checks a signature as a receiver does, with nothing of the server's own code. */
export function isSigned(secret: string, { headers, body }: ReceivedWebhook): boolean {
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const wanted = `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`;
  const sent = String(headers['webhook-signature']);
  return sent.length === wanted.length && timingSafeEqual(Buffer.from(sent), Buffer.from(wanted));
}
