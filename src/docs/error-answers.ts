import { type OpenAPIObject } from '@nestjs/swagger';
import { ERROR_CODES, type ErrorCode, errorCodeInfo } from '../common/errors/error-codes';
import { IDEMPOTENCY_KEY } from '../idempotency/idempotency-key';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Answers = Operation['responses'];

const REQUEST_ID = '7d0f2a1c-0d6c-4d53-8f4b-0e1a2b3c4d5e';

/** The error families of the wire contract §1, each with a stable `code` and the `request_id` of the log. */
export function errorSchemas(): Schemas {
  const code = { type: 'string', enum: Object.keys(ERROR_CODES), description: 'Stable code of the fault.' };
  const requestId = { type: 'string', description: 'Under this id the log has the details.' };
  return {
    ValidationError: {
      type: 'object',
      description: 'One wrong field.',
      required: ['loc', 'msg', 'type'],
      properties: {
        type: { type: 'string', description: 'Kind of the fault, for example `missing`.' },
        loc: {
          type: 'array',
          description: '`body`, `query`, `path` or `header`, then names of fields and positions in lists.',
          items: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
        },
        msg: { type: 'string', description: 'What is wrong and what is allowed.' },
        input: { description: 'The wrong value, shortened.' },
        ctx: { type: 'object', additionalProperties: true, description: 'The limit that was passed.' },
      },
    },
    HTTPValidationError: {
      type: 'object',
      required: ['detail', 'code', 'request_id'],
      properties: {
        detail: { type: 'array', items: { $ref: '#/components/schemas/ValidationError' } },
        code,
        request_id: requestId,
      },
    },
    ErrorEnvelope: {
      type: 'object',
      description: 'A fault of experiments and conversations.',
      required: ['error', 'message', 'details', 'code', 'request_id'],
      properties: {
        error: { type: 'string', description: 'Coarse code that existing clients know.' },
        message: { type: 'string', description: 'Text for people.' },
        details: { type: 'object', additionalProperties: true },
        code,
        request_id: requestId,
      },
    },
    ErrorDetail: {
      type: 'object',
      description: 'A fault that is found before a route is reached, and any fault of the other routes.',
      required: ['detail', 'code', 'request_id'],
      properties: {
        detail: { type: 'string', description: 'Text for people.' },
        code,
        request_id: requestId,
      },
    },
  };
}

/** The error answers that an operation can give. */
export function errorAnswers(operation: Operation, path: string): Answers {
  const isModels = path.startsWith('/api/models/');
  const isOllama = path.startsWith('/api/ollama/');
  const hasPathId = path.includes('{');
  const hasInput = operation.requestBody !== undefined || (operation.parameters ?? []).some(isQuery);
  return {
    '403': detail(
      'Not let in: the address, the host or the origin is not allowed.',
      'ADDRESS_NOT_ALLOWED',
      'See ALLOWED_NETWORKS.',
    ),
    ...(operation.requestBody && isOllama
      ? {
          '400': detail(
            'The body is not JSON, or the address may not be asked.',
            'ENDPOINT_NOT_ALLOWED',
            'See OLLAMA_TEST_NETWORKS.',
          ),
        }
      : {}),
    ...(operation.requestBody && hasEnvelope(path)
      ? {
          '400': refused(path),
        }
      : {}),
    ...(hasPathId ? { '404': notFound(path) } : {}),
    ...(operation.requestBody
      ? {
          '413': detail('The body is too large.', 'BODY_TOO_LARGE', 'Payload Too Large'),
          '415': detail('The body is not JSON.', 'UNSUPPORTED_MEDIA_TYPE', 'Unsupported Media Type'),
        }
      : {}),
    ...(hasInput && !isOllama ? { '422': validation() } : {}),
    ...(isIdempotent(operation) ? idempotencyFaults(path) : {}),
    ...(operation.requestBody && isOllama
      ? {
          '502': detail(
            'The Ollama server did not answer as one.',
            'UPSTREAM_FAILED',
            'No answer from the Ollama server.',
          ),
        }
      : {}),
    ...ownFaults(operation),
    ...(isModels
      ? {
          '503': detail('Ollama is away.', 'OLLAMA_UNREACHABLE', 'No answer from Ollama. Is it running?'),
        }
      : {}),
    '500': hasEnvelope(path)
      ? envelope('A fault of the backend itself.', 'INTERNAL_ERROR', 'Internal Server Error')
      : detail('A fault of the backend itself.', 'INTERNAL_ERROR', 'Internal Server Error'),
  };
}

/** Whether an operation takes an Idempotency-Key. */
export function isIdempotent({ parameters = [] }: Operation): boolean {
  return parameters.some((parameter) => 'name' in parameter && parameter.name === IDEMPOTENCY_KEY);
}

function idempotencyFaults(path: string): Answers {
  const { meaning } = errorCodeInfo('IDEMPOTENCY_IN_PROGRESS');
  return {
    '409': (hasEnvelope(path) ? envelope : detail)(meaning, 'IDEMPOTENCY_IN_PROGRESS', meaning),
    '422': validation(
      `A field is wrong, or the ${IDEMPOTENCY_KEY} was used before with another body.`,
      hasEnvelope(path) ? 'ErrorEnvelope' : 'ErrorDetail',
    ),
  };
}

function refused(path: string): Answers[string] {
  const description = 'The request cannot be carried out.';
  return path.startsWith('/api/conversations')
    ? envelope(description, 'CONVERSATION_IS_RUN', 'The conversation is a run of an experiment.')
    : envelope(description, 'DUPLICATE_AGENT_NAME', "Two agents are named 'Guide'.");
}

/** Faults of single operations, by the names of their functions. */
const OWN_FAULTS: Readonly<Record<string, readonly ErrorCode[]>> = {
  pull_model: ['REGISTRY_NOT_ALLOWED', 'INSUFFICIENT_DISK_SPACE'],
  cancel_pull_task: ['PULL_NOT_ACTIVE'],
  delete_model: ['MODEL_IN_USE'],
  unload_model: ['MODEL_IN_USE'],
  update_agent: ['LIBRARY_VERSION_CONFLICT'],
  update_team: ['LIBRARY_VERSION_CONFLICT'],
  delete_team: ['LIBRARY_ENTRY_BUILT_IN'],
};

function ownFaults({ operationId = '' }: Operation): Answers {
  const name = Object.keys(OWN_FAULTS).find((known) => operationId.startsWith(`${known}_api_`)) ?? '';
  return Object.fromEntries(
    (OWN_FAULTS[name] ?? []).map((code) => {
      const { status, meaning } = errorCodeInfo(code);
      return [status, detail(meaning, code, meaning)];
    }),
  );
}

/** What is missing when the id in a path is unknown; the first entry that fits counts. */
const NOT_FOUND = [
  { base: '/api/experiments', code: 'EXPERIMENT_NOT_FOUND', message: 'Experiment not found' },
  { base: '/api/conversations', code: 'CONVERSATION_NOT_FOUND', message: 'Conversation not found' },
  { base: '/api/agents', code: 'AGENT_NOT_FOUND', message: "The library has no agent 'x'." },
  { base: '/api/teams', code: 'TEAM_NOT_FOUND', message: "The library has no team 'x'." },
  { base: '/api/models/pull', code: 'PULL_NOT_FOUND', message: 'Pull task not found' },
  { base: '/api/models', code: 'MODEL_NOT_FOUND', message: "Model 'x' is not installed." },
] as const;

function notFound(path: string): Answers[string] {
  const { code, message } = NOT_FOUND.find(({ base }) => path.startsWith(`${base}/`)) ?? {
    code: 'ROUTE_NOT_FOUND',
    message: 'Not Found',
  };
  return (hasEnvelope(path) ? envelope : detail)('There is none with this id.', code, message);
}

function hasEnvelope(path: string): boolean {
  return /^\/api\/(experiments|conversations)(\/|$)/.test(path);
}

function isQuery(parameter: object): boolean {
  return 'in' in parameter && parameter.in === 'query';
}

function envelope(description: string, code: ErrorCode, message: string): Answers[string] {
  const example = { error: errorCodeInfo(code).envelope, message, details: {}, code, request_id: REQUEST_ID };
  return answer(description, 'ErrorEnvelope', example);
}

function detail(description: string, code: ErrorCode, message: string): Answers[string] {
  return answer(description, 'ErrorDetail', { detail: message, code, request_id: REQUEST_ID });
}

/** @param others schemas of other answers with this status */
function validation(description = 'A field is wrong.', ...others: string[]): Answers[string] {
  const problem = {
    type: 'missing',
    loc: ['body', 'agents', 0, 'model'],
    msg: 'Field required',
    input: { id: 'agent-1' },
  };
  const example = { detail: [problem], code: 'VALIDATION_FAILED', request_id: REQUEST_ID };
  return answer(description, ['HTTPValidationError', ...others], example);
}

function answer(description: string, names: string | string[], example: unknown): Answers[string] {
  const [schema = {}, ...others] = [names].flat().map((name) => ({ $ref: `#/components/schemas/${name}` }));
  return {
    description,
    content: {
      'application/json': {
        schema: others.length === 0 ? schema : { anyOf: [schema, ...others] },
        example,
      },
    },
  };
}
