import { Global, Logger, Module } from '@nestjs/common';
import { describeError } from '../common/http/described-error';
import { IdempotencyKeys } from './idempotency-keys';
import { IdempotentRequests } from './idempotent-requests';
import { KeyCleanup } from './key-cleanup';

/** Requests that create something, and may be sent again under an Idempotency-Key. */
@Global()
@Module({
  providers: [
    IdempotencyKeys,
    KeyCleanup,
    {
      provide: IdempotentRequests,
      inject: [IdempotencyKeys],
      useFactory: (keys: IdempotencyKeys) => {
        const logger = new Logger(IdempotentRequests.name);
        return new IdempotentRequests(keys, {
          isRefusal: (error) => describeError(error).status < 500,
          onStoreFailure: (error) => logger.warn('an answer could not be kept under its key', { error }),
        });
      },
    },
  ],
  exports: [IdempotentRequests],
})
export class IdempotencyModule {}
