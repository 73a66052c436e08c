import { checkResponseFormat, readFormat } from './response-format';

const object = (properties: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  type: 'object',
  properties,
  ...more,
});

describe('checkResponseFormat', () => {
  it.each<[string, unknown]>([
    [
      'a plain object',
      object({ a: { type: 'string', description: 'x', format: 'email' } }, { required: ['a'] }),
    ],
    ['nothing but the type', { type: 'object' }],
    [
      'references within it',
      object({ a: { $ref: '#/$defs/x' } }, { $defs: { x: { enum: [1, 'b', null] } } }),
    ],
    [
      'alternatives, lists, bounds',
      object({
        a: { anyOf: [{ type: ['string', 'null'] }, true] },
        b: { type: 'array', items: { minimum: 1, multipleOf: 0.5 }, maxItems: 3, uniqueItems: true },
      }),
    ],
    [
      'fields that are called like keywords',
      object({ pattern: { type: 'string' }, $ref: { type: 'string' }, id: {} }),
    ],
    [
      'what only describes',
      object(
        {},
        { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: 'x', title: 't', 'x-any': 1 },
      ),
    ],
  ])('accepts %s', (_what, schema) => {
    expect(checkResponseFormat(schema)).toBeNull();
  });

  it.each<[unknown, string]>([
    ['json', 'a JSON schema is an object'],
    [[], 'a JSON schema is an object'],
    [{}, 'at /: "type" must be "object"'],
    [{ type: 'array' }, 'at /: "type" must be "object"'],
    [object({ a: { type: 'text' } }), 'at /properties/a/type: must be one of object, array'],
    [object({ a: 'string' }), 'at /properties/a: must be a schema'],
    [object({ a: { pattern: '(a+)+$' } }), 'at /properties/a/pattern: "pattern" is not supported'],
    [object({}, { patternProperties: {} }), '"patternProperties" is not supported'],
    [object({}, { required: 'a' }), 'at /required: must be a list of names'],
    [object({ a: { enum: [] } }), 'at /properties/a/enum: must be a list of values'],
    [object({ a: { minLength: -1 } }), 'must be a whole number from 0'],
    [object({ a: { multipleOf: 0 } }), 'must be a number above 0'],
    [object({ a: { anyOf: [] } }), 'at /properties/a/anyOf: must be a list of schemas'],
    [object({ a: { items: [{}] } }), 'at /properties/a/items: must be a schema'],
    [object({ a: { $ref: 'https://x.example/s' } }), 'must refer to a part of this schema'],
    [object({ a: { $ref: '#/$defs/x' } }), '"#/$defs/x" is not there'],
    [object({ a: { $ref: '#' } }), 'contains itself'],
    [
      object({ a: { $ref: '#/$defs/x' } }, { $defs: { x: { items: { $ref: '#/$defs/x' } } } }),
      'contains itself',
    ],
    [object({ a: { enum: ['x'.repeat(102_400)] } }), 'at most 102400 characters'],
  ])('says what is wrong with %j', (schema, problem) => {
    expect(checkResponseFormat(schema)).toContain(problem);
  });

  it('refuses references that would multiply without end', () => {
    const $defs: Record<string, unknown> = { d0: { type: 'string' } };
    for (let level = 1; level <= 10; level += 1) {
      const reference = { $ref: `#/$defs/d${level - 1}` };
      $defs[`d${level}`] = { anyOf: [reference, reference, reference] };
    }
    const schema = object({ a: { $ref: '#/$defs/d10' } }, { $defs });
    expect(checkResponseFormat(schema)).toContain('at most 5000 parts');
  });

  it('refuses a schema that is nested too deep', () => {
    let schema: Record<string, unknown> = { type: 'string' };
    for (let level = 0; level < 30; level += 1) {
      schema = object({ a: schema });
    }
    expect(checkResponseFormat(schema)).toContain('at most 24 levels');
  });
});

describe('readFormat', () => {
  const { check } = readFormat(
    object(
      {
        score: { type: 'integer', minimum: 1, maximum: 5 },
        tags: { type: 'array', items: { $ref: '#/$defs/tag' }, uniqueItems: true },
        mail: { type: 'string', format: 'email' },
      },
      { required: ['score'], additionalProperties: false, $defs: { tag: { type: 'string', minLength: 2 } } },
    ),
  );

  it.each<[unknown]>([[{ score: 3 }], [{ score: 5, tags: ['ab', 'cd'], mail: 'anything' }]])(
    'accepts %j',
    (answer) => {
      expect(check(answer)).toBeNull();
    },
  );

  it.each<[unknown, string]>([
    [{}, 'required property "score"'],
    [{ score: 9 }, 'At /score: 9 is greater than 5'],
    [{ score: 3, tags: ['a'] }, 'At /tags/0'],
    [{ score: 3, tags: ['ab', 'ab'] }, 'At /tags: Duplicate items'],
    [{ score: 3, other: 1 }, 'At /other'],
    [[], 'Expected "object"'],
    [null, 'Expected "object"'],
  ])('says what is wrong with %j', (answer, problem) => {
    expect(check(answer)).toContain(problem);
  });

  it('bounds the work and the depth of what it checks', () => {
    const start = performance.now();
    expect(
      check({ score: 3, tags: Array.from({ length: 100_000 }, (_item, index) => `tag ${index}`) }),
    ).toContain('more than 1000 items');
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) {
      deep = [deep];
    }
    expect(check({ score: 3, deep })).toBe('The answer is nested too deep.');
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('leaves the schema as it was given', () => {
    const given = object({ a: { $ref: '#/$defs/x' } }, { $defs: { x: { type: 'string', title: 'X' } } });
    const before = structuredClone(given);
    readFormat(given).check({ a: 'b' });
    expect(given).toEqual(before);
    expect(Object.getOwnPropertyNames(given)).toEqual(Object.keys(given));
  });
});
