import { type OpenAPIObject } from '@nestjs/swagger';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type Schema = Schemas[string];

/** An example of a schema, put together from those of its fields. */
export function exampleOf(schema: Schema, schemas: Schemas): unknown {
  if ('$ref' in schema) {
    const target = schemas[schema.$ref.replace('#/components/schemas/', '')];
    return target ? exampleOf(target, schemas) : null;
  }
  if (schema.example !== undefined) {
    return schema.example;
  }
  if (schema.default !== undefined) {
    return schema.default;
  }
  if ('examples' in schema && Array.isArray(schema.examples)) {
    return schema.examples[0] as unknown;
  }
  if ('const' in schema) {
    return schema.const;
  }
  const [first] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  if (first) {
    return exampleOf(first, schemas);
  }
  if (schema.properties) {
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, field]) => [name, exampleOf(field, schemas)]),
    );
  }
  if (schema.items) {
    return [exampleOf(schema.items, schemas)];
  }
  return simpleExample(schema);
}

function simpleExample({ type, enum: values }: { type?: unknown; enum?: unknown[] }): unknown {
  if (values && values.length > 0) {
    return values[0];
  }
  // OpenAPI 3.1 lists the types of a value that may be null.
  const types = Array.isArray(type) ? (type as unknown[]) : [type];
  if (types.includes('null')) {
    return null;
  }
  switch (types[0]) {
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    case 'array':
      return [];
    default:
      return {};
  }
}
