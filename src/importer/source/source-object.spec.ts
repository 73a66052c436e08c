import { fieldsOf, reasonFor } from '../testing/a-reading';
import { SourceObject } from './source-object';

describe(SourceObject, () => {
  it('finds fields in both key cases, snake_case first, and takes null for nothing', () => {
    const fields = fieldsOf({
      agent_id: 'a',
      agentId: 'b',
      originalName: 'c',
      importedAt: null,
      imported_at: null,
    });
    expect(fields.textOrNull('agent_id')).toBe('a');
    expect(fields.textOrNull('original_name')).toBe('c');
    expect(fields.textOrNull('imported_at')).toBeNull();
    expect(fieldsOf({ agent_id: null, agentId: 'b' }).textOrNull('agent_id')).toBe('b');
    expect(fields.textsOf('agent_id')).toEqual(['a', 'b']);
  });

  it('takes no inherited property for a field', () => {
    expect(fieldsOf({}).textOrNull('constructor')).toBeNull();
  });

  it('reads words without the blanks around them', () => {
    expect(fieldsOf({ title: '  Trip ' }).wordsOrNull('title')).toBe('Trip');
    expect(fieldsOf({ title: '   ' }).wordsOrNull('title')).toBeNull();
    expect(fieldsOf({ content: '  Trip ' }).text('content')).toBe('  Trip ');
  });

  it('reads numbers that are written as text', () => {
    expect(fieldsOf({ n: '3' }).countOrNull('n')).toBe(3);
    expect(fieldsOf({ n: 3.0 }).countOrNull('n')).toBe(3);
    expect(fieldsOf({ n: '0.5' }).numberOrNull('n')).toBe(0.5);
  });

  it.each<[string, (fields: SourceObject) => unknown, string]>([
    ['a number for a text', (fields) => fields.textOrNull('a'), 'a: must be text, not the number 1'],
    ['a missing text', (fields) => fields.text('gone'), 'gone: is missing'],
    [
      'a negative count',
      (fields) => fields.countOrNull('b'),
      'b: must be a whole number from 0, not the number -1',
    ],
    ['a text for a number', (fields) => fields.numberOrNull('c'), 'c: must be a number, not text'],
    ['a list for an object', (fields) => fields.objectOrNull('d'), 'd: must be an object, not a list'],
    ['an object for a list', (fields) => fields.objectsOrNull('e'), 'e: must be a list, not an object'],
    ['true among objects', (fields) => fields.objectsOrNull('d'), 'd[1]: must be an object, not true'],
  ])('says where and why for %s', (_what, read, reason) => {
    const fields = fieldsOf({ a: 1, b: -1, c: 'x', d: [{}, true], e: {} });
    expect(reasonFor(() => read(fields))).toBe(reason);
  });

  it('says the place of what is nested', () => {
    const [, second] = fieldsOf({ messages: [{}, { agentId: 7 }] }).objectsOrNull('messages') ?? [];
    expect(reasonFor(() => second?.textOrNull('agent_id'))).toBe(
      'messages[1].agentId: must be text, not the number 7',
    );
    expect(reasonFor(() => SourceObject.of([]))).toBe('must be an object, not a list');
  });
});
