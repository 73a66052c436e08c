import { DomainError } from '../common/errors/domain-error';
import { type ModelCallCode } from '../common/errors/error-codes';

/** A call to a model that failed, with its code and a message that a person can act on. */
export class ModelCallError extends DomainError {
  constructor(
    override readonly code: ModelCallCode,
    message: string,
    options?: ErrorOptions & { readonly status?: number },
  ) {
    super(code, message, {}, options);
  }
}

/** Failures that came before Ollama took the call up: the same request may be sent again. */
const REQUEST_RETRY_CODES: ReadonlySet<ModelCallCode> = new Set([
  'OLLAMA_UNREACHABLE',
  'CONNECT_TIMEOUT',
  'OLLAMA_BUSY',
]);

const SERVER_CODES: ReadonlySet<ModelCallCode> = new Set([
  'OLLAMA_UNREACHABLE',
  'CONNECT_TIMEOUT',
  'MODEL_NOT_FOUND',
]);

/** Failures of a stream: a new attempt at the turn may go well. */
const TURN_RETRY_CODES: ReadonlySet<ModelCallCode> = new Set(['STALLED', 'STREAM_CUT', 'BAD_STREAM']);

export function mayRetryRequest(error: unknown): error is ModelCallError {
  return error instanceof ModelCallError && REQUEST_RETRY_CODES.has(error.code);
}

/** Failures that say nothing of other servers: there the same request may go well. */
export function isFaultOfServer(error: unknown): error is ModelCallError {
  return error instanceof ModelCallError && SERVER_CODES.has(error.code);
}

/** Failures to reach a server at all. */
export function isAway(error: unknown): error is ModelCallError {
  return isFaultOfServer(error) && error.code !== 'MODEL_NOT_FOUND';
}

export function mayRetryTurn(error: unknown): error is ModelCallError {
  return error instanceof ModelCallError && TURN_RETRY_CODES.has(error.code);
}

/** Faults that pass by themselves, or may: what they broke off is worth being made again later (decision 11). */
export function isPassing(error: unknown): error is ModelCallError {
  return mayRetryRequest(error) || mayRetryTurn(error);
}

export function modelNotInstalled(model: string): ModelCallError {
  return new ModelCallError(
    'MODEL_NOT_FOUND',
    `Model '${model}' is not installed. Pull it first: ollama pull ${model}`,
  );
}

/** Longest piece of Ollama's own text that is passed on. */
const MAX_REASON_LENGTH = 300;

/**
 * The failure that an HTTP status of Ollama means; a route that only passes a question on answers with the same status.
 * `text` is the body, which is not always JSON.
 */
export function errorFromStatus(status: number, text: string, model: string): ModelCallError {
  const given = reasonFrom(text);
  const reason = given ?? 'no reason given';
  if (status === 404 && given !== null && /^model .*not found/i.test(given)) {
    return modelNotInstalled(model);
  }
  if (status === 401 || status === 403) {
    return new ModelCallError(
      'OLLAMA_FORBIDDEN',
      `Ollama refused access (${status}): ${reason}. Behind a proxy, it must set the Host header to localhost; check OLLAMA_API_KEY.`,
      { status },
    );
  }
  if (status === 503) {
    return new ModelCallError('OLLAMA_BUSY', 'Ollama is busy: its queue is full.');
  }
  if (isContextOverflow(text)) {
    return new ModelCallError(
      'CONTEXT_OVERFLOW',
      'The prompt is longer than the context of the model. Raise num_ctx or shorten it.',
    );
  }
  if (status >= 400 && status < 500 && status !== 404 && status !== 405) {
    return new ModelCallError('OLLAMA_REJECTED', `Ollama rejected the request (${status}): ${reason}`, {
      status,
    });
  }
  return new ModelCallError('OLLAMA_ERROR', `Ollama answered with status ${status}: ${reason}`, { status });
}

/** The failure that an `{"error": …}` line in the middle of a stream means. */
export function errorFromLine(text: string): ModelCallError {
  if (isContextOverflow(text)) {
    return new ModelCallError(
      'CONTEXT_OVERFLOW',
      'The prompt is longer than the context of the model. Raise num_ctx or shorten it.',
    );
  }
  return new ModelCallError('OLLAMA_ERROR', `Ollama failed while it answered: ${shorten(text)}`);
}

/** The failure that a broken connection means; `started` says whether a part of the answer had come. */
export function errorFromSocket(
  error: Error & { code?: string },
  address: string,
  started: boolean,
): ModelCallError {
  if (started) {
    return new ModelCallError('STREAM_CUT', 'The connection to Ollama broke in the middle of the answer.', {
      cause: error,
    });
  }
  return new ModelCallError(
    'OLLAMA_UNREACHABLE',
    `No answer from Ollama at ${address} (${socketReason(error)}). Is it running? See OLLAMA_URL.`,
    { cause: error },
  );
}

/** The system's code for a connection that failed, such as ECONNREFUSED. */
export function socketReason(error: Error & { code?: string }): string {
  const code =
    error.code ?? (error instanceof AggregateError ? (error.errors[0] as { code?: string }).code : undefined);
  return code ?? 'no connection';
}

function isContextOverflow(text: string): boolean {
  return /exceed_context_size_error|longer than the context length|exceeds the context length|exceeds the available context size/.test(
    text,
  );
}

/**
 * The `error` text of a body, which may be JSON text once more (ollama-wire §3). Null when there is none: bodies that
 * are not Ollama's, such as the page of a proxy, are not passed on.
 */
function reasonFrom(text: string): string | null {
  const error = errorField(text);
  if (typeof error !== 'string') {
    return null;
  }
  const inner = errorField(error) as { message?: unknown } | null;
  return shorten(typeof inner?.message === 'string' ? inner.message : error);
}

function errorField(text: string): unknown {
  try {
    return (JSON.parse(text) as { error?: unknown } | null)?.error ?? null;
  } catch {
    return null;
  }
}

function shorten(text: string): string {
  return text.length > MAX_REASON_LENGTH ? `${text.slice(0, MAX_REASON_LENGTH)}…` : text;
}
