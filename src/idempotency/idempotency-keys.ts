import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../database/database';
import { IdempotencyKeyEntity } from './idempotency-key.entity';
import { type KeyedRequest, type Reservation, type ReservationStore } from './idempotent-requests';

/** Keys in the database. */
@Injectable()
export class IdempotencyKeys implements ReservationStore {
  constructor(private readonly database: Database) {}

  find({ key, route }: KeyedRequest): Promise<Reservation | null> {
    return this.database.read.findOneBy(IdempotencyKeyEntity, { key, route });
  }

  reserve({ key, route, requestHash }: KeyedRequest): Promise<string> {
    return this.database.write(async (tx) => {
      const resourceId = randomUUID();
      await tx.insert(IdempotencyKeyEntity, {
        key,
        route,
        requestHash,
        resourceId,
        status: null,
        answer: null,
        createdAt: new Date().toISOString(),
      });
      return resourceId;
    });
  }

  complete({ key, route }: KeyedRequest, status: number, answer: string): Promise<void> {
    return this.database.write(async (tx) => {
      await tx.update(IdempotencyKeyEntity, { key, route }, { status, answer });
    });
  }

  release({ key, route }: KeyedRequest): Promise<void> {
    return this.database.write(async (tx) => {
      await tx.delete(IdempotencyKeyEntity, { key, route });
    });
  }

  /**
   * Removes the oldest keys of before a time, at most `limit`; gives how many.
   * @param time ISO 8601, UTC
   */
  removeBefore(time: string, limit: number): Promise<number> {
    return this.database.write(async (tx) => {
      const removed = await tx.query<unknown[]>(
        `DELETE FROM idempotency_keys WHERE (key, route) IN (
           SELECT key, route FROM idempotency_keys WHERE created_at < ? ORDER BY created_at LIMIT ?)
         RETURNING 1`,
        [time, limit],
      );
      return removed.length;
    });
  }
}
