import { isUtf8 } from 'node:buffer';
import { type IncomingMessage } from 'node:http';
import { BadRequestException, type RawBodyRequest } from '@nestjs/common';
import { json, type RequestHandler } from 'express';
import { type Settings } from '../../config/settings.schema';
import { DomainError, ValidationFailedError } from '../errors/domain-error';
import { jsonInvalid } from '../validation/field-problems';
import { isRepeatable, noteBodyHash, sha256 } from './body-hash';
import { isBelow, pathOf } from './request-path';
import { allowedMethods } from './route-methods';

export type BodySettings = Pick<Settings, 'maxBodyBytes' | 'maxImportBytes'>;

/** Below this path bodies are passed on, so their bytes are kept as `rawBody`: numbers and the order of keys survive. */
const PASSED_ON = '/api/ollama';

/** What comes here is read by the import itself, which keeps no whole body in memory. */
const IMPORT_PATH = '/api/conversations/import';

/** Whole libraries may be as large as conversations. */
const LIBRARY_IMPORT_PATHS: ReadonlySet<string> = new Set(['/api/agents/import', '/api/teams/import']);

const MEDIA_TYPE = /^application\/(?:json|[\w.-]+\+json)$/i;
const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/i;
const POSITION = /at position (\d+)/;

/**
 * Middleware that reads JSON bodies. Whole conversations, saved or imported, may be larger than anything else. Broken
 * UTF-8 is refused instead of being replaced without a word; JSON that is no object passes, so that the check of the
 * body can say so. A body that no route would look at is not read: 404 and 405 come first. Imports are left to their
 * route, which never holds a whole body.
 */
export function readJsonBody({ maxBodyBytes, maxImportBytes }: BodySettings): RequestHandler {
  const readBody = jsonReader(maxBodyBytes);
  const readImport = jsonReader(maxImportBytes);
  const readPassedOn = jsonReader(maxBodyBytes, keepBytes);
  return (req, res, next) => {
    const path = pathOf(req);
    const isImport = req.method === 'POST' && path === IMPORT_PATH;
    if (!hasBody(req) || isImport || !allowedMethods(req).includes(req.method)) {
      next();
      return;
    }
    requireJson(req);
    if (isBelow(path, '/api/conversations') || LIBRARY_IMPORT_PATHS.has(path)) {
      readImport(req, res, next);
    } else {
      (isBelow(path, PASSED_ON) ? readPassedOn : readBody)(req, res, next);
    }
  };
}

function jsonReader(limit: number, verify = requireText): RequestHandler {
  const read = json({ limit, strict: false, type: () => true, verify: withHash(verify) });
  return (req, res, next) => {
    read(req, res, (error?: unknown) => {
      next(error === undefined ? undefined : bodyError(error, limit));
    });
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * @param allowed what the route takes, as its refusal says it
 * @throws DomainError UNSUPPORTED_MEDIA_TYPE; a form or a text, which any page may send without asking, is no JSON
 */
export function requireJson({ headers }: IncomingMessage, allowed = 'application/json'): void {
  const contentType = headers['content-type'] ?? '';
  const [mediaType = ''] = contentType.split(';', 1);
  if (!MEDIA_TYPE.test(mediaType.trim())) {
    throw new DomainError('UNSUPPORTED_MEDIA_TYPE', `The body must be sent as ${allowed}.`);
  }
  const charset = CHARSET.exec(contentType)?.[1] ?? 'utf-8';
  if (!/^utf-?8$/i.test(charset)) {
    throw new DomainError('UNSUPPORTED_MEDIA_TYPE', 'The body must be sent in UTF-8.');
  }
}

function requireText(_req: IncomingMessage, _res: unknown, body: Buffer): void {
  if (body.length === 0) {
    throw new SyntaxError('Unexpected end of JSON input');
  }
  if (!isUtf8(body)) {
    throw new SyntaxError('The body is not UTF-8');
  }
}

/** The bytes are hashed, not what they mean: hostile JSON can be too deep or grow too long to be written out again. */
function withHash(verify: typeof requireText): typeof requireText {
  return (req, res, body) => {
    verify(req, res, body);
    if (isRepeatable(req)) {
      noteBodyHash(req, sha256(body));
    }
  };
}

function keepBytes(req: RawBodyRequest<IncomingMessage>, res: unknown, body: Buffer): void {
  requireText(req, res, body);
  req.rawBody = body;
}

/** What a fault of the body parser means to the client; `type` is how body-parser tells its faults apart. */
function bodyError(error: unknown, limit: number): unknown {
  if (!(error instanceof Error)) {
    return error;
  }
  switch ('type' in error ? error.type : undefined) {
    case 'entity.too.large':
      return new DomainError('BODY_TOO_LARGE', `The body is larger than ${limit} bytes.`);
    case 'entity.parse.failed':
    case 'entity.verify.failed':
      return invalidJson(error.message);
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new DomainError('UNSUPPORTED_MEDIA_TYPE', 'The encoding of the body is not supported.');
    default:
      return new BadRequestException('The body could not be read.', { cause: error });
  }
}

function invalidJson(reason: string): ValidationFailedError {
  const position = POSITION.exec(reason)?.[1];
  const loc = position === undefined ? ['body'] : ['body', Number(position)];
  return new ValidationFailedError([jsonInvalid(loc, reason)], 'INVALID_JSON');
}
