import { type ErrorCode, errorCodeInfo } from './error-codes';

/**
 * A fault with a code of the list. Services throw it; the HTTP and the socket filter turn it into an answer.
 * The message is shown to clients: no stack, path, SQL or text of a prompt belongs in it.
 */
export class DomainError extends Error {
  /** HTTP status when it answers a request. */
  readonly status: number;

  constructor(
    readonly code: ErrorCode,
    message: string,
    /** Ids and limits that help the client; shown under `details`. */
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions & {
      /** HTTP status of the answer where it is not that of the code: the one that Ollama gave. */
      readonly status?: number;
    },
  ) {
    super(message, options);
    this.name = new.target.name;
    this.status = options?.status ?? errorCodeInfo(code).status;
  }
}

/** One wrong field, in the shape of the 422 answers (`detail[]`). */
export interface FieldProblem {
  /** For example `missing`, `string_type`, `int_parsing`, `value_error`, `greater_than_equal`. */
  readonly type: string;
  /** Where it is: starts with `body`, `query`, `path` or `header`; positions in a list are numbers. */
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input?: unknown;
  /** The limit that was passed, for example `{"ge": 1}`. */
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** A body, query, path or header that does not pass its checks: answered 422 with all problems at once. */
export class ValidationFailedError extends DomainError {
  constructor(
    readonly problems: readonly FieldProblem[],
    code:
      'VALIDATION_FAILED' | 'INVALID_JSON' | 'INVALID_MODEL_NAME' | 'UNKNOWN_SERVER' = 'VALIDATION_FAILED',
  ) {
    super(code, problems.map((problem) => `${problem.loc.join('.')}: ${problem.msg}`).join('; '));
  }
}
