import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { IDEMPOTENCY_KEY, KEY_PATTERN, MAX_KEY_CHARACTERS } from './idempotency-key';
import { IdempotencyInterceptor, SHORTEN } from './idempotency.interceptor';

/**
 * Lets clients send an `Idempotency-Key` to a route that creates something, and documents it. The handler takes the id
 * of what it creates from `@ResourceId()`, finds what it created when it is called again with that id, and throws errors
 * of the 4xx family only when it has created nothing. It answers with JSON and one status.
 * @param shorten makes the short form of an answer that may be longer than 1 MB
 */
export function Idempotent<T>({ shorten }: { readonly shorten?: (body: T) => T } = {}): MethodDecorator {
  return applyDecorators(
    SetMetadata(SHORTEN, shorten),
    UseInterceptors(IdempotencyInterceptor),
    ApiHeader({
      name: IDEMPOTENCY_KEY,
      required: false,
      description:
        'A text of your own for this one request, for example a UUID. When the same request comes again with it, the first ' +
        'answer is given again (with the header `Idempotency-Replayed: true`) and nothing is created twice.',
      schema: { type: 'string', minLength: 1, maxLength: MAX_KEY_CHARACTERS, pattern: KEY_PATTERN },
      example: '7d0f2a1c-0d6c-4d53-8f4b-0e1a2b3c4d5e',
    }),
  );
}
