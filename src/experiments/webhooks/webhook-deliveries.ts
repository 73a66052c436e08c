import { Injectable } from '@nestjs/common';
import { IsNull, Not } from 'typeorm';
import { Database } from '../../database/database';
import { WebhookDeliveryEntity } from './webhook-delivery.entity';

/** How an attempt went, as it is stored. */
export type DeliveryUpdate = Pick<
  WebhookDeliveryEntity,
  'state' | 'attempts' | 'nextAttemptAt' | 'lastError' | 'finishedAt'
>;

/** The stored webhooks. */
@Injectable()
export class WebhookDeliveries {
  constructor(private readonly database: Database) {}

  find(experimentId: string): Promise<WebhookDeliveryEntity | null> {
    return this.database.read.findOneBy(WebhookDeliveryEntity, { experimentId });
  }

  /** Those that are still to be delivered, the next attempt first. */
  pending(limit: number): Promise<WebhookDeliveryEntity[]> {
    return this.database.read.find(WebhookDeliveryEntity, {
      where: { nextAttemptAt: Not(IsNull()) },
      order: { nextAttemptAt: 'ASC' },
      take: limit,
    });
  }

  async update(experimentId: string, update: DeliveryUpdate): Promise<void> {
    await this.database.write((tx) => tx.update(WebhookDeliveryEntity, { experimentId }, update));
  }
}
