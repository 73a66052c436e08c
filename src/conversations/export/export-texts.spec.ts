import { EXPORT_TEXTS, type ExportHead, type ExportMessage } from './export-texts';

const HEAD: ExportHead = {
  id: 'c1',
  title: 'A title',
  agents: [{ id: 'a1', name: 'Guide', color: '#1', originalName: null, model: 'm:1b' }],
  createdAt: '2026-01-22T19:05:22.351Z',
  source: 'import',
};

const message = (content: string, changes: Partial<ExportMessage> = {}): ExportMessage => ({
  seq: 1,
  id: 'm1',
  agentId: 'a1',
  speaker: 'Guide',
  content,
  timestamp: '2026-01-22T19:05:23.351Z',
  model: null,
  ...changes,
});

/** Lines that Markdown could take for structure: everything that is not quoted. */
const structure = (text: string) =>
  text.split(/\r\n|[\r\n\v\f\u0085\u2028\u2029]/).filter((line) => !line.startsWith('>'));

describe('exports', () => {
  it('are JSON with all keys in one order, one message a line', () => {
    const { start, message: write, end } = EXPORT_TEXTS.json;
    const text =
      start(HEAD) +
      write(message('a\nb')) +
      write(message('c', { seq: 2, id: 'm2', model: 'x' })) +
      end(HEAD);
    expect(text).toBe(
      [
        '{"id":"c1","title":"A title","agents":[{"id":"a1","name":"Guide","color":"#1","model":"m:1b","originalName":null}],"messages":[',
        '{"id":"m1","agentId":"a1","content":"a\\nb","timestamp":"2026-01-22T19:05:23.351Z","model":null},',
        '{"id":"m2","agentId":"a1","content":"c","timestamp":"2026-01-22T19:05:23.351Z","model":"x"}',
        '],"createdAt":"2026-01-22T19:05:22.351Z"}\n',
      ].join('\n'),
    );
  });

  it.each([
    [null, false],
    ['import', false],
    ['lab', true],
  ])('tell the source %j only when it is one of its own: %s', (source, told) => {
    const text = EXPORT_TEXTS.json.start(HEAD) + EXPORT_TEXTS.json.end({ ...HEAD, source });
    expect(Object.hasOwn(JSON.parse(text) as object, 'source')).toBe(told);
  });

  it.each([
    '# I am a heading',
    'text\n\n## 2. Somebody else\n\n> no',
    '```\nnever closed',
    'line\r## carriage return',
    'line\u2028## line separator',
    'Title\n=====',
    '<!-- never closed',
    '<script>alert(1)</script>',
    '',
    '\n\n\n',
    '    indented\n\ttab',
  ])('keep a message inside of its quotation in Markdown: %j', (content) => {
    const text = EXPORT_TEXTS.md.message(message(content));
    expect(structure(text)).toEqual(['', '## 1. Guide', '', '2026-01-22T19:05:23.351Z', '', '']);
    expect(text.match(/^> ?.*$/gm)?.length).toBe(content.split(/\r\n|[\r\n\u2028]/).length);
  });

  it('take names and titles for plain text in Markdown', () => {
    const title = 'A\n# B *c* [d](e) `f` <g>';
    expect(EXPORT_TEXTS.md.start({ ...HEAD, title }).split('\n')[0]).toBe(
      '# A \\# B \\*c\\* \\[d\\]\\(e\\) \\`f\\` \\<g\\>',
    );
    expect(structure(EXPORT_TEXTS.md.message(message('x', { speaker: 'A\n# B' })))).toContain(
      '## 1. A \\# B',
    );
  });

  it.each([
    ['# one\n## 2. Guide', '\\# one \\#\\# 2. Guide'],
    ['- today', '\\- today'],
    ['+ x', '\\+ x'],
    ['===', '\\==='],
    ['2. today', '2\\. today'],
    ['\t    x', 'x'],
    ['<b>', '\\<b\\>'],
    ['2026-01-22T19:05:22.351Z', '2026-01-22T19:05:22.351Z'],
  ])('take what stands in the place of a time for plain text: %j', (timestamp, shown) => {
    const { md, txt } = EXPORT_TEXTS;
    expect(structure(md.message(message('x', { timestamp })))).toEqual([
      '',
      '## 1. Guide',
      '',
      shown,
      '',
      '',
    ]);
    expect(md.start({ ...HEAD, createdAt: timestamp })).toContain(`\n- Created: ${shown}\n- Agent`);
    expect(txt.message(message('x', { timestamp })).split('\n')).toHaveLength(4);
    expect(txt.start({ ...HEAD, createdAt: timestamp }).split('\n')).toHaveLength(3);
  });

  it('indent what was said in plain text', () => {
    expect(EXPORT_TEXTS.txt.start({ ...HEAD, title: 'A\nB' })).toBe('A B\n2026-01-22T19:05:22.351Z\n');
    expect(EXPORT_TEXTS.txt.message(message('a\n[2] Guide, now'))).toBe(
      '\n[1] Guide, 2026-01-22T19:05:23.351Z\n    a\n    [2] Guide, now\n',
    );
  });
});
