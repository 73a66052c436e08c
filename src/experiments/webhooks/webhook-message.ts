import { type ExperimentEntity } from '../experiment.entity';
import { statusData } from '../experiment-views';
import { webhookSignature } from './webhook-signature';

/** A message as it is sent: the headers of Standard Webhooks and the body. */
export interface WebhookMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The message that an experiment is over. Its id is that of the experiment: it is the same in every attempt. */
export function webhookMessage(experiment: ExperimentEntity, secret: string, now: Date): WebhookMessage {
  const { id, title, messageCount, completedAt } = experiment;
  const body = JSON.stringify({
    type: 'experiment.finished',
    timestamp: completedAt,
    data: { experiment_id: id, title, ...statusData(experiment, null, null), message_count: messageCount },
  });
  const timestamp = Math.floor(now.getTime() / 1000);
  return {
    headers: {
      'content-type': 'application/json',
      'user-agent': 'llama-herd-backend',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': webhookSignature(secret, { id, timestamp, body }),
    },
    body,
  };
}
