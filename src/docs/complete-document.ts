import { type OpenAPIObject } from '@nestjs/swagger';

/** What every operation shares, added to the document that is derived from the code. */
export function completeDocument(document: OpenAPIObject): OpenAPIObject {
  return document;
}
