import { FieldTypes, checkFields, parseBody } from './go-json';
import { JsonObject } from './input';

/** Parses a request about one model; `more` are the types of its other fields. */
export function readNamed(struct: string, body: string, more: FieldTypes = {}): JsonObject {
  const request = parseBody(body);
  checkFields(request, struct, { model: ['string', 'string'], name: ['string', 'string'], ...more });
  return request;
}

/** The name as the request spells it, empty where it has none; `model` wins over the older `name`. */
export function namedModel({ model, name }: JsonObject): string {
  const given = [model, name].find((text) => typeof text === 'string' && text !== '');
  return typeof given === 'string' ? given : '';
}
