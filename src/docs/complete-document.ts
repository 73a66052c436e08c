import { type OpenAPIObject } from '@nestjs/swagger';
import { namedJsonSchemas } from '../common/validation/named-schemas';
import { IDEMPOTENCY_REPLAYED } from '../idempotency/idempotency-key';
import { errorAnswers, errorSchemas, isIdempotent } from './error-answers';
import { exampleOf } from './schema-example';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head'] as const;

/**
 * Adds what every operation shares to the document that is derived from the code: the names of operations that
 * generated clients know, descriptions, error answers and examples.
 */
export function completeDocument(document: OpenAPIObject): OpenAPIObject {
  const schemas = { ...document.components?.schemas, ...namedJsonSchemas(), ...errorSchemas() };
  document.components = { ...document.components, schemas };
  // There are no accounts: who is let in is decided by address, host and origin.
  document.security = [];
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation) {
        completeOperation(operation, method, path, schemas);
      }
    }
  }
  sortEnums(document);
  return document;
}

/** The compiler lists the members of a union in an order that differs from build to build. */
function sortEnums(node: unknown): void {
  if (typeof node !== 'object' || node === null) {
    return;
  }
  for (const [key, value] of Object.entries(node)) {
    if (key === 'enum' && Array.isArray(value)) {
      value.sort((a, b) => String(a).localeCompare(String(b)));
    } else {
      sortEnums(value);
    }
  }
}

function completeOperation(
  operation: Operation,
  method: string,
  path: string,
  schemas: NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>,
): void {
  const [summary = '', ...paragraphs] = (operation.summary ?? '').split('\n\n');
  operation.summary = summary;
  operation.description = paragraphs.join('\n\n') || summary;
  operation.operationId = operationId(operation.operationId ?? '', method, path);
  const parameters = operation.parameters ?? [];
  for (const parameter of parameters) {
    if ('in' in parameter && parameter.in === 'path') {
      const what = parameter.name.endsWith('_name') ? 'Name' : 'Id';
      parameter.description ??= `${what} of the ${parameter.name.replace(/_(id|name)$/, '')}.`;
    }
  }
  if (isIdempotent(operation)) {
    documentReplays(operation);
  }
  Object.assign(operation.responses, errorAnswers(operation, path));
  for (const answer of [operation.requestBody, ...Object.values(operation.responses)]) {
    if (answer && 'content' in answer) {
      for (const media of Object.values(answer.content ?? {})) {
        if (media.example === undefined && media.schema) {
          media.example = exampleOf(media.schema, schemas);
        }
      }
    }
    if (answer && 'description' in answer) {
      answer.description ||= 'Done.';
    }
  }
}

/** Of the answers that the code itself declares, which are those of success. */
function documentReplays({ responses }: Operation): void {
  const header = {
    description: '`true` when this answer was given before, to the first request with the Idempotency-Key.',
    schema: { type: 'string' as const, enum: ['true'] },
  };
  for (const answer of Object.values(responses)) {
    if (answer && !('$ref' in answer)) {
      answer.headers = { ...answer.headers, [IDEMPOTENCY_REPLAYED]: header };
    }
  }
}

/** `start_experiment_api_experiments_start_post`: function name, path and verb, from which clients derive their names. */
function operationId(methodName: string, method: string, path: string): string {
  const functionName = methodName.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return `${functionName}${path.replace(/\W/g, '_')}_${method}`;
}
