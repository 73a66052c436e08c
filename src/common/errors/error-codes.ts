/**
 * Every error code that this backend shows to a client, in one list.
 *
 * `status` is the HTTP status when the code answers a request. `envelope` is the coarse code of the first error
 * family (`{"error": …, "message": …, "details": …}`), which existing clients know. `level` is how the fault is
 * logged. Codes of a failed turn never answer a request themselves: they stand on the turn, the run and the event.
 */
export interface ErrorCodeInfo {
  readonly status: number;
  readonly envelope:
    | 'VALIDATION_ERROR'
    | 'NOT_FOUND'
    | 'EXPERIMENT_ERROR'
    | 'CONVERSATION_ERROR'
    | 'STORAGE_ERROR'
    | 'INTERNAL_ERROR';
  readonly level: 'debug' | 'warn' | 'error';
  /** What the code means, for the documentation. */
  readonly meaning: string;
}

const badRequest = (
  meaning: string,
  envelope: ErrorCodeInfo['envelope'] = 'VALIDATION_ERROR',
  status = 400,
): ErrorCodeInfo => ({ status, envelope, level: 'debug', meaning });

/** A fault of Ollama; `status` counts where it answers a request of the model routes. */
const modelFault = (meaning: string, status = 502): ErrorCodeInfo => ({
  status,
  envelope: 'EXPERIMENT_ERROR',
  level: 'warn',
  meaning,
});

/** Codes that answer a request. */
const REQUEST_CODES = {
  VALIDATION_FAILED: badRequest(
    'A field of the body, the query or the path is wrong; `detail` names it (below /api/ollama with 400, as a text).',
    undefined,
    422,
  ),
  INVALID_JSON: badRequest('The body is not JSON (below /api/ollama with 400).', undefined, 422),
  BAD_REQUEST: badRequest('The request cannot be read: a broken address, encoding or body.'),
  INVALID_AGENT_NAME: badRequest('An agent name is not an identifier, or is reserved.', 'EXPERIMENT_ERROR'),
  DUPLICATE_AGENT_NAME: badRequest('Two agents have the same name.', 'EXPERIMENT_ERROR'),
  DUPLICATE_AGENT_ID: badRequest('Two agents have the same id.', 'EXPERIMENT_ERROR'),
  AGENT_NOT_FOUND: badRequest(
    'The library has no agent of this id, or not in this version.',
    'NOT_FOUND',
    404,
  ),
  TEAM_NOT_FOUND: badRequest('The library has no team of this id, or not in this version.', 'NOT_FOUND', 404),
  LIBRARY_ENTRY_BUILT_IN: badRequest(
    'The entry comes with the product and cannot be changed or deleted: save a copy under another id.',
    undefined,
    409,
  ),
  LIBRARY_VERSION_CONFLICT: badRequest(
    'The entry was changed meanwhile: `version` is not the newest; the message names it.',
    undefined,
    409,
  ),
  LIBRARY_ID_TAKEN: badRequest('The library has another entry of this id.', undefined, 409),
  LIBRARY_FULL: badRequest('The library holds MAX_LIBRARY_ENTRIES entries.', undefined, 409),
  EXPERIMENT_NOT_FOUND: badRequest('No experiment has this id.', 'NOT_FOUND', 404),
  CONVERSATION_NOT_FOUND: badRequest('No conversation has this id.', 'NOT_FOUND', 404),
  CONVERSATION_IS_RUN: badRequest(
    'The conversation is a run of an experiment: only its title can be changed.',
    'CONVERSATION_ERROR',
  ),
  SOURCE_RESERVED: badRequest(
    'A saved conversation cannot have the source `experiment`.',
    'CONVERSATION_ERROR',
  ),
  INVALID_MODEL_NAME: badRequest('The name is outside the grammar of model names.', undefined, 422),
  UNKNOWN_SERVER: badRequest('`server` is neither `all` nor an address of OLLAMA_URLS.', undefined, 422),
  REGISTRY_NOT_ALLOWED: badRequest('The host of the model is not in PULL_REGISTRIES.'),
  PULL_NOT_FOUND: badRequest('No pull task has this id or model.', 'NOT_FOUND', 404),
  PULL_NOT_ACTIVE: badRequest('The pull has ended already: there is nothing to cancel.'),
  MODEL_IN_USE: badRequest('A running experiment uses the model; `force=true` overrides.', undefined, 409),
  INSUFFICIENT_DISK_SPACE: {
    status: 507,
    envelope: 'STORAGE_ERROR',
    level: 'warn',
    meaning: 'The volume of OLLAMA_MODELS_DIR has too little room for a model.',
  },
  CATALOG_UPDATE_FAILED: {
    status: 500,
    envelope: 'INTERNAL_ERROR',
    level: 'warn',
    meaning:
      'The catalog could not be updated, or an update is running; the message says why. The old one is kept.',
  },
  ENDPOINT_NOT_ALLOWED: badRequest('The address may not be tested; see OLLAMA_TEST_NETWORKS.'),
  UPSTREAM_FAILED: {
    status: 502,
    envelope: 'INTERNAL_ERROR',
    level: 'warn',
    meaning: 'The Ollama server behind the route did not answer as one.',
  },
  ROUTE_NOT_FOUND: badRequest('No route has this path.', 'NOT_FOUND', 404),
  METHOD_NOT_ALLOWED: badRequest('The path exists, but not with this method.', undefined, 405),
  UNKNOWN_EVENT: badRequest('No event of this name is understood.'),
  TOO_MANY_SUBSCRIPTIONS: badRequest('A connection watches as many experiments as one may.', undefined, 429),
  BODY_TOO_LARGE: badRequest(
    'The body is larger than MAX_BODY_BYTES (for conversations MAX_IMPORT_BYTES).',
    undefined,
    413,
  ),
  UNSUPPORTED_MEDIA_TYPE: badRequest('The body is not sent as application/json.', undefined, 415),
  ADDRESS_NOT_ALLOWED: badRequest(
    'The request comes from another machine; see ALLOWED_NETWORKS.',
    undefined,
    403,
  ),
  HOST_NOT_ALLOWED: badRequest('The Host header names an unknown host; see ALLOWED_HOSTS.', undefined, 403),
  ORIGIN_NOT_ALLOWED: badRequest(
    'The request comes from a page of another origin; see CORS_ORIGINS.',
    undefined,
    403,
  ),
  STATE_CONFLICT: badRequest(
    'The state of the experiment does not allow this; the message says which would.',
    'EXPERIMENT_ERROR',
    409,
  ),
  CALLBACK_NOT_ALLOWED: badRequest('The host of `callback_url` is not in WEBHOOK_HOSTS.'),
  IDEMPOTENCY_KEY_REUSED: badRequest(
    'The Idempotency-Key was used before with another body.',
    undefined,
    422,
  ),
  IDEMPOTENCY_IN_PROGRESS: badRequest(
    'The first request with this Idempotency-Key is still worked on; try again.',
    undefined,
    409,
  ),
  STORAGE_FULL: {
    status: 507,
    envelope: 'STORAGE_ERROR',
    level: 'error',
    meaning:
      'The volume of DATA_DIRECTORY is full. Experiments are paused; reading and deleting work; it goes on when there is room.',
  },
  DATABASE_BUSY: {
    status: 503,
    envelope: 'STORAGE_ERROR',
    level: 'warn',
    meaning: 'The database was locked by another process for too long; try again.',
  },
  INTERNAL_ERROR: {
    status: 500,
    envelope: 'INTERNAL_ERROR',
    level: 'error',
    meaning: 'A fault of the backend itself; the log has the details under the request id.',
  },
} as const satisfies Record<string, ErrorCodeInfo>;

/** Codes of a call to a model that failed. */
export const MODEL_CALL_CODES = {
  OLLAMA_UNREACHABLE: modelFault(
    'Nothing answers at the address of Ollama, or it closed the connection unanswered.',
    503,
  ),
  CONNECT_TIMEOUT: modelFault('Ollama did not accept the connection in time.', 503),
  OLLAMA_BUSY: modelFault('Ollama refused the call because its queue is full (503).', 503),
  OLLAMA_FORBIDDEN: modelFault('Ollama, or a proxy before it, refused access (401, 403).'),
  OLLAMA_REJECTED: modelFault('Ollama found the request wrong (400).'),
  OLLAMA_ERROR: modelFault('Ollama failed (a 5xx status, or an error line in the stream).'),
  MODEL_NOT_FOUND: modelFault('The model is not installed.', 404),
  CONTEXT_OVERFLOW: modelFault('The prompt is longer than the context of the model.'),
  FIRST_TOKEN_TIMEOUT: modelFault('The first token did not come in time.'),
  STALLED: modelFault('The stream stopped in the middle.'),
  TURN_TIMEOUT: modelFault('The turn took longer than OLLAMA_TIMEOUT from its first token.'),
  STREAM_CUT: modelFault('The stream ended without its closing line.'),
  BAD_STREAM: modelFault('The stream held something that is not a line of the protocol.'),
  RESPONSE_TOO_LARGE: modelFault('The answer is longer than MAX_MESSAGE_CHARACTERS.'),
} as const satisfies Record<string, ErrorCodeInfo>;

/** Codes of a pull that failed, beside those of Ollama. */
const PULL_CODES = {
  PULL_FAILED: modelFault('Ollama ended the pull with an error; its text stands on the task.'),
  PULL_CUT: modelFault('The stream of the pull ended before its last line.'),
  PULL_STALLED: modelFault(
    'No byte of the pull moved within PULL_STALE_SECONDS, or verifying took too long.',
  ),
} as const satisfies Record<string, ErrorCodeInfo>;

/** Codes of a turn, and codes with which a run or an experiment ends. */
const RUN_CODES = {
  EMPTY_ANSWER: {
    ...modelFault('The model said nothing: the turn counts, but there is no message.'),
    level: 'debug',
  },
  NO_OPEN_EDGE: modelFault(
    'A node of a graph has outgoing edges, but none of them is open; the message names it.',
  ),
  ACTIVE_TIME_UP: {
    ...modelFault(
      'The turn was broken off because the active seconds of its run, a stop rule, were used up.',
    ),
    level: 'debug',
  },
  SPEAKER_NOT_FOUND: modelFault('The next speaker could not be chosen and the fallback is `fail`.'),
  EXPERIMENT_TIMEOUT: modelFault('The experiment used up its active time.'),
  INTERRUPTED: modelFault('The server stopped while the turn, the run or the pull was in progress.'),
  PAUSED: {
    ...modelFault('The turn was broken off because the experiment was paused; it is made again.'),
    level: 'debug',
  },
  CRASH_LOOP: modelFault(
    'The server ended three times while this experiment alone was running: it is not taken up again.',
  ),
  CANCELLED: { ...modelFault('The run or the pull was stopped by a client.'), level: 'debug' },
} as const satisfies Record<string, ErrorCodeInfo>;

export const ERROR_CODES = { ...REQUEST_CODES, ...MODEL_CALL_CODES, ...PULL_CODES, ...RUN_CODES };

export type ErrorCode = keyof typeof ERROR_CODES;
export type ModelCallCode = keyof typeof MODEL_CALL_CODES;
export type PullCode = keyof typeof PULL_CODES;

/** What ERROR_CODES says of one code. */
export function errorCodeInfo(code: ErrorCode): ErrorCodeInfo {
  return ERROR_CODES[code];
}
