import { z } from 'zod';

/** Schemas that are components of the API document, under names of their own. */
const registry = z.registry<{ id: string; description?: string; examples?: readonly unknown[] }>();

/** Makes a schema a component of the API document. */
export function nameSchema(
  schema: z.ZodType,
  name: string,
  about: { readonly description?: string; readonly examples?: readonly unknown[] } = {},
): void {
  registry.add(schema, { id: name, ...about });
}

/** How a field of a request or an answer shows a named schema in the API document. */
export function schemaReference(schema: z.ZodType, nullable: boolean) {
  const name = registry.get(schema)?.id;
  if (name === undefined) {
    throw new TypeError('A schema of a field needs a name; see nameSchema.');
  }
  const reference = { $ref: pathOf(name) };
  return nullable ? { oneOf: [reference, { type: 'null' as const }] } : reference;
}

/** JSON schemas of what clients send, by name; they refer to each other. */
export function namedJsonSchemas(): Record<string, Record<string, unknown>> {
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: pathOf, metadata: registry });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _dialect, $id: _id, id: _name, ...schema }]) => [
      name,
      schema,
    ]),
  );
}

const pathOf = (name: string): string => `#/components/schemas/${name}`;
