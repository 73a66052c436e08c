import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { DomainError, type FieldProblem, ValidationFailedError } from '../errors/domain-error';
import { type ErrorCode, type ErrorCodeInfo, errorCodeInfo } from '../errors/error-codes';

/** What a client may know of an exception, whichever way it is answered. */
export interface DescribedError {
  readonly code: ErrorCode;
  readonly status: number;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly problems?: readonly FieldProblem[];
  readonly level: ErrorCodeInfo['level'];
  /** Such faults have the same body on all paths. */
  readonly isOfFramework: boolean;
}

/** Codes of faults that are found before a route is reached. */
const BEFORE_ROUTES: ReadonlySet<ErrorCode> = new Set([
  'ROUTE_NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'ADDRESS_NOT_ALLOWED',
  'HOST_NOT_ALLOWED',
  'ORIGIN_NOT_ALLOWED',
]);

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  404: 'ROUTE_NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'BODY_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
};

/** Describes any exception; of one that nobody foresaw, nothing is told. */
export function describeError(exception: unknown): DescribedError {
  if (exception instanceof DomainError) {
    const { code, message, details, status } = exception;
    const { level } = errorCodeInfo(code);
    const problems = exception instanceof ValidationFailedError ? exception.problems : undefined;
    return { code, status, message, details, problems, level, isOfFramework: BEFORE_ROUTES.has(code) };
  }
  if (exception instanceof HttpException) {
    return describeStatus(exception.getStatus(), exception.message);
  }
  return { ...describeStatus(500, ''), isOfFramework: false };
}

/** Describes a fault that the framework found. */
export function describeStatus(status: number, message: string): DescribedError {
  const standard = STATUS_CODES[status] ?? 'Error';
  if (status >= 500) {
    return {
      code: 'INTERNAL_ERROR',
      status,
      message: standard,
      details: {},
      level: 'error',
      isOfFramework: true,
    };
  }
  const code = CODE_OF_STATUS[status] ?? 'BAD_REQUEST';
  return {
    code,
    status,
    message: status === 400 ? message : standard,
    details: {},
    level: 'debug',
    isOfFramework: true,
  };
}
