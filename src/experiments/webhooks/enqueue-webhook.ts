import { type EntityManager } from 'typeorm';
import { type ExperimentEntity } from '../experiment.entity';
import { WebhookDeliveryEntity } from './webhook-delivery.entity';

/**
 * Notes that the `callback_url` of an experiment, if it has one, is to be told that it is over. Call it in the transaction
 * that stores the end: either both are stored, or neither.
 */
export async function enqueueWebhook(
  tx: EntityManager,
  { id, callbackUrl, completedAt }: Pick<ExperimentEntity, 'id' | 'callbackUrl' | 'completedAt'>,
): Promise<void> {
  if (callbackUrl === null) {
    return;
  }
  await tx.insert(WebhookDeliveryEntity, {
    experimentId: id,
    url: callbackUrl,
    state: 'pending',
    attempts: 0,
    nextAttemptAt: completedAt ?? new Date().toISOString(),
    lastError: null,
    finishedAt: null,
  });
}
