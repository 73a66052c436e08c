import { itemFieldsProblem } from './item-fields';

describe('itemFieldsProblem', () => {
  it.each([
    {},
    { level: 'easy', points: 1.5, isOpen: true, hint: null },
    Object.fromEntries(Array.from({ length: 50 }, (_item, index) => [`f${index}`, index])),
    { ['n'.repeat(100)]: 'x'.repeat(10_000), 'with space': '{{round}}' },
  ])('accepts %j', (fields) => {
    expect(itemFieldsProblem(fields)).toBeNull();
  });

  it.each<[unknown, string]>([
    ['x', 'must be an object'],
    [[], 'must be an object'],
    [
      Object.fromEntries(Array.from({ length: 51 }, (_item, index) => [`f${index}`, index])),
      'at most 50 fields',
    ],
    [{ ['n'.repeat(101)]: 1 }, 'at most 100 characters'],
    [{ '': 1 }, 'not blank'],
    [{ ' a': 1 }, 'white space'],
    [{ 'a}': 1 }, 'no braces'],
    [{ list: [1] }, "field 'list' must be a text, a number, true, false or null"],
    [{ object: {} }, "field 'object' must be"],
    [{ number: Number.NaN }, "field 'number' must be"],
  ])('says what is wrong with %j', (fields, problem) => {
    expect(itemFieldsProblem(fields)).toContain(problem);
  });
});
