import { type ArgumentMetadata, type PipeTransform, type Type } from '@nestjs/common';
import { ValidationFailedError } from '../errors/domain-error';
import { type DtoClass, planOf } from './dto-fields';
import { findUnsafeValue } from './unsafe-values';
import { validateRequest } from './validate-request';

const SOURCES = { body: 'body', query: 'query', param: 'path', custom: undefined } as const;

/** Types that say nothing about the fields of a value. */
const UNCHECKED: readonly unknown[] = [Object, String, Number, Boolean, Array];

/**
 * Global pipe for HTTP and for gateways (Nest 12 runs global pipes there too; a payload is a `body`).
 * Everything from a body or query passes the check for unsafe values first; a parameter typed with a DTO class then
 * becomes a checked instance of it. Other parameters pass as they are.
 */
export class RequestValidationPipe implements PipeTransform {
  /** @param maxNestingDepth deepest nesting of a body; the setting MAX_NESTING_DEPTH */
  constructor(private readonly maxNestingDepth: number) {}

  /** @throws ValidationFailedError */
  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    const source = SOURCES[type];
    if (source === undefined) {
      return value;
    }
    const unsafe = source === 'path' ? undefined : findUnsafeValue(value, this.maxNestingDepth, [source]);
    if (unsafe !== undefined) {
      throw new ValidationFailedError([unsafe]);
    }
    return isDto(metatype) ? validateRequest(value, metatype, source) : value;
  }
}

/** A class without declared fields would let everything pass unchecked: that is a fault of ours, to be seen at once. */
function isDto(metatype: Type | undefined): metatype is DtoClass {
  if (metatype === undefined || UNCHECKED.includes(metatype)) {
    return false;
  }
  if (planOf(metatype).fields.size === 0) {
    throw new TypeError(
      `${metatype.name} declares no fields; use the decorators of common/validation/fields.ts`,
    );
  }
  return true;
}
