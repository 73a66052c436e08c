import { findJsonObject, textsOfKey } from './json-answer';

describe('findJsonObject', () => {
  it.each([
    ['bare', '{"a": 1}'],
    ['fenced', '```json\n{"a": 1}\n```'],
    ['after a sentence', 'Sure! Here it is:\n\n{"a": 1} Anything else?'],
    ['after an echoed name', 'Ann: {"a": 1}'],
    ['after braces that are none', 'For {x} it is {"a": 1}'],
  ])('finds one: %s', (_how, answer) => {
    expect(findJsonObject(answer)).toEqual({ value: { a: 1 }, text: '{"a": 1}' });
  });

  it('is not misled by braces and quotes in texts', () => {
    const text = '{"a": "} \\" {", "b": {"c": "}"}}';
    expect(findJsonObject(`x ${text} y`)).toMatchObject({ text });
  });

  it.each([
    [' \n', 'The answer was empty.'],
    ['I think so.', 'The answer held no JSON object.'],
    ['{"a": {"b": 1}, "c', 'The JSON of the answer was cut off.'],
    ['[1, 2]', 'The answer held no JSON object.'],
  ])('says what is wrong with %j', (answer, problem) => {
    expect(findJsonObject(answer)).toEqual({ problem });
  });

  it('takes time in proportion to an answer of braces', () => {
    const start = performance.now();
    findJsonObject('{}x{'.repeat(250_000));
    findJsonObject('{'.repeat(1_000_000));
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

describe('textsOfKey', () => {
  it.each<[string, string[] | null]>([
    ['{"who": "Bob"}', ['Bob']],
    ["{'who': 'Bob'}", ["'Bob'"]],
    ['{"who": "B\\u00f6b", "why', ['Böb']],
    ['{"who": null}', []],
    ['{"who": "Bo', []],
    ['Bob', null],
  ])('of %s', (answer, texts) => {
    expect(textsOfKey(answer, 'who')).toEqual(texts);
  });
});
