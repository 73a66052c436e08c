import { fillPlaceholders } from './placeholders';

const fill = (text: string, item = {}) => fillPlaceholders(text, { item, agentName: 'Ann', round: 2 });

describe('fillPlaceholders', () => {
  it.each([
    ['{{agent.name}} in {{round}}', 'Ann in 2'],
    ['{{ agent.name }}{{  round}}', 'Ann2'],
    ['{{item.a}}, {{item.b c}}, {{item.n}}, {{item.t}}, {{item.no}}.', 'x, y, 1.5, true, .'],
  ])('fills %s', (text, expected) => {
    expect(fill(text, { a: 'x', 'b c': 'y', n: 1.5, t: true, no: null })).toBe(expected);
  });

  it.each([
    '{{item.missing}}',
    '{{item}}',
    '{{item.}}',
    '{{agent.prompt}}',
    '{{}}',
    '{round}',
    '{{item.toString}}',
  ])('leaves %s as it is', (text) => {
    expect(fill(text, { a: 'x' })).toBe(text);
  });

  it('never expands a value again, nor reads it as a replacement pattern', () => {
    expect(fill('{{item.a}}-{{item.b}}', { a: '{{round}}$&', b: '{{item.a}}' })).toBe(
      '{{round}}$&-{{item.a}}',
    );
  });

  it('takes time in proportion to a text full of beginnings', () => {
    const text = `${'{{item.'.repeat(50_000)}${' '.repeat(500_000)}`;
    const start = performance.now();
    expect(fill(text)).toBe(text);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
