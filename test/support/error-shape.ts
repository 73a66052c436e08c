import { ERROR_CODES, type ErrorCode } from '../../src/common/errors/error-codes';
import { type RawAnswer } from './raw-http';

/** These answer with the status that Ollama itself gave. */
const OF_OLLAMA: ReadonlySet<ErrorCode> = new Set(['OLLAMA_ERROR', 'OLLAMA_REJECTED', 'OLLAMA_FORBIDDEN']);

/** Below `/api/ollama` a wrong body is answered 400 with a text. */
const TEXT_OF_OLLAMA_ROUTES: ReadonlySet<ErrorCode> = new Set(['VALIDATION_FAILED', 'INVALID_JSON']);

type Fields = Readonly<Record<string, unknown>>;

/** What is wrong with the form of an error answer (wire contract 1, decision 9); null when it is as documented. */
export function shapeFault({ status, headers, text, json }: RawAnswer): string | null {
  if (!isFields(json)) {
    return `is no JSON object: ${text.slice(0, 200)}`;
  }
  const { code, request_id: requestId } = json;
  if (!isCode(code)) {
    return `has the unknown code ${String(code)}`;
  }
  const faults = [
    [/^application\/json\b/.test(headers['content-type'] ?? ''), `is sent as ${headers['content-type']}`],
    [isStatusOf(code, status, familyOf(json)), `has the status ${status} for ${code}`],
    [requestId === headers['x-request-id'], `has the request id ${String(requestId)}`],
    [familyOf(json) !== null, `is of no family: ${text.slice(0, 200)}`],
    [!/node_modules|SQLITE_|\n\s+at /.test(text), `tells of internals: ${text.slice(0, 500)}`],
  ] as const;
  return faults.find(([holds]) => !holds)?.[1] ?? null;
}

/**
 * An answer in one line: `200`, `404 ROUTE_NOT_FOUND` (family `detail`), `404 EXPERIMENT_NOT_FOUND NOT_FOUND`
 * (family of the envelope), `422 VALIDATION_FAILED [missing body.task, …]`. An error of a wrong form says so.
 */
export function outcome(answer: RawAnswer): string {
  if (answer.status < 400) {
    return String(answer.status);
  }
  const fault = shapeFault(answer);
  if (fault !== null || !isFields(answer.json)) {
    return `${answer.status} whose body ${fault}`;
  }
  const { code, error, detail } = answer.json;
  const parts = [
    answer.status,
    code,
    Array.isArray(detail) ? `[${detail.map(shortProblem).join(', ')}]` : error,
  ];
  return parts.filter((part) => typeof part === 'string' || typeof part === 'number').join(' ');
}

/** The texts of the wrong fields. */
export function problemTexts({ json }: RawAnswer): string[] {
  const detail = isFields(json) ? json['detail'] : undefined;
  return Array.isArray(detail) ? detail.map((problem: { msg: string }) => problem.msg) : [];
}

function isStatusOf(code: ErrorCode, status: number, family: ReturnType<typeof familyOf>): boolean {
  return TEXT_OF_OLLAMA_ROUTES.has(code) && family === 'detail'
    ? status === 400
    : ERROR_CODES[code].status === status || OF_OLLAMA.has(code);
}

/** Whether a code stands in the one list of all codes. */
export function isCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
}

function familyOf(body: Fields): 'fields' | 'detail' | 'envelope' | null {
  const keys = Object.keys(body).toSorted().join();
  const { code, detail, details, error, message } = body;
  if (keys === 'code,detail,request_id') {
    if (Array.isArray(detail)) {
      return detail.length > 0 && detail.every(isProblem) ? 'fields' : null;
    }
    return typeof detail === 'string' && detail !== '' ? 'detail' : null;
  }
  const isEnvelope =
    keys === 'code,details,error,message,request_id' &&
    isCode(code) &&
    error === ERROR_CODES[code].envelope &&
    typeof message === 'string' &&
    isFields(details);
  return isEnvelope ? 'envelope' : null;
}

function isProblem(problem: unknown): boolean {
  return (
    isFields(problem) &&
    typeof problem['type'] === 'string' &&
    typeof problem['msg'] === 'string' &&
    Array.isArray(problem['loc']) &&
    ['body', 'query', 'path', 'header'].includes(String(problem['loc'][0]))
  );
}

function shortProblem({ type, loc }: { type: string; loc: unknown[] }): string {
  return `${type} ${loc.join('.')}`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
