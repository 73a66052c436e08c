import { attachmentHeader } from './content-disposition';

describe('attachmentHeader', () => {
  it.each([
    ['Plan', 'attachment; filename="Plan.json"; filename*=UTF-8\'\'Plan.json'],
    ['Zwölf 😀', 'attachment; filename="Zw_lf __.json"; filename*=UTF-8\'\'Zw%C3%B6lf%20%F0%9F%98%80.json'],
    ["it's (1)!", "attachment; filename=\"it's (1)!.json\"; filename*=UTF-8''it%27s%20%281%29%21.json"],
    ['', 'attachment; filename="conversation.json"; filename*=UTF-8\'\'conversation.json'],
    ['...', 'attachment; filename="conversation.json"; filename*=UTF-8\'\'conversation.json'],
    ['CON', 'attachment; filename="conversation-CON.json"; filename*=UTF-8\'\'conversation-CON.json'],
  ])('names a download after %j', (title, header) => {
    expect(attachmentHeader(title, 'json')).toBe(header);
  });

  it.each([
    'a"; filename="evil.exe',
    'a\r\nSet-Cookie: x=1',
    '../../etc/passwd',
    '..\\..\\boot.ini',
    'a\0b',
    'a\u202Egnp.exe',
    'a\u2028b',
    '\uD800',
    '%0d%0aX: y',
    '~/.ssh',
    'x'.repeat(10_000),
  ])('lets nothing of %j out of the name', (title) => {
    const header = attachmentHeader(title, 'md');
    expect(header).toMatch(/^attachment; filename="[\x20-\x7e]{1,104}"; filename\*=UTF-8''[\w%.~-]+$/);
    const names = [/filename="([^"]*)"/.exec(header)?.[1], decodeURIComponent(header.split("''")[1] ?? '')];
    for (const name of names) {
      expect(name).not.toMatch(/[/\\"\p{C}\u2028]/u);
      expect(name).toMatch(/^[^.].*\.md$/);
    }
  });
});
