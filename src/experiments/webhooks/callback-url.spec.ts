import { callbackRefusal, checkCallbackUrl, isCallbackUrl } from './callback-url';

describe('isCallbackUrl', () => {
  it.each([
    'http://127.0.0.1:9/x',
    'https://example.com',
    'HTTPS://Example.com/a?b=c#d',
    'http://[::1]:8080/hook',
    `http://example.com/${'x'.repeat(1_981)}`,
  ])('takes %j', (url) => {
    expect(isCallbackUrl(url)).toBe(true);
  });

  it.each([
    '',
    'example.com',
    '//example.com',
    'http://',
    'http:example.com',
    'https://exa mple.com',
    'http://example.com:99999/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    ' http://example.com/',
    'http://example.com/\n',
    'http://exam\tple.com/',
    'http://example.com/\u0085',
    'http://user@example.com/',
    'http://user:secret@example.com/',
    'http://:secret@example.com/',
    `http://example.com/${'x'.repeat(1_982)}`,
    7,
    {},
    ['http://example.com/'],
    true,
  ])('refuses %j', (url) => {
    expect(isCallbackUrl(url)).toBe(false);
  });
});

describe('callbackRefusal', () => {
  const refusal = (url: string, ...webhookHosts: string[]) =>
    callbackRefusal(url, { webhookHosts, webhookSecret: 'sixteen characters' });

  it.each([
    ['http://hooks.example/x', 'hooks.example'],
    ['https://hooks.example/x', 'Hooks.Example'],
    ['https://HOOKS.example:443/x', 'hooks.example'],
    ['https://hooks.example/x', 'hooks.example:443'],
    ['http://hooks.example./x', 'hooks.example'],
    ['http://hooks.example:8080/x', 'hooks.example:8080'],
    ['http://127.0.0.1:9000/', '127.0.0.1:9000'],
    ['http://[::1]:9000/', '[::1]:9000'],
  ])('lets %s pass for the entry %s', (url, entry) => {
    expect(refusal(url, 'other.example', entry)).toBeNull();
  });

  it.each([
    ['http://hooks.example/x', []],
    ['http://hooks.example:8080/x', ['hooks.example']],
    ['http://hooks.example/x', ['hooks.example:8080', 'hooks.example:443']],
    ['http://evil.hooks.example/x', ['hooks.example']],
    ['http://hooks.example.evil.com/', ['hooks.example']],
    ['http://evil.com/hooks.example', ['hooks.example']],
    ['http://evil.com\\hooks.example/', ['hooks.example']],
    ['http://evil.com#@hooks.example/', ['hooks.example']],
    ['http://2130706433/', ['localhost']],
    ['http://x/', ['*', 'not a host', 'http://x']],
  ])('refuses %s for the entries %j and names the setting', (url, entries) => {
    expect(refusal(url, ...entries)).toContain('WEBHOOK_HOSTS');
  });

  it('reads an address as the one who connects does: other spellings of a host are the same host', () => {
    expect(refusal('http://2130706433:80/', '127.0.0.1')).toBeNull();
  });

  it('refuses all when nothing could be signed', () => {
    expect(callbackRefusal('http://a/', { webhookHosts: ['a'], webhookSecret: '' })).toContain(
      'WEBHOOK_SECRET',
    );
  });
});

describe('checkCallbackUrl', () => {
  const settings = { webhookHosts: ['a'], webhookSecret: 'sixteen characters' };

  it('asks nothing of a request without one', () => {
    expect(() => {
      checkCallbackUrl(null, settings);
      checkCallbackUrl(undefined, settings);
      checkCallbackUrl('http://a/', settings);
    }).not.toThrow();
  });

  it('tells with a code that the host is not allowed', () => {
    expect(() => checkCallbackUrl('http://b/', settings)).toThrow(
      expect.objectContaining({ code: 'CALLBACK_NOT_ALLOWED', status: 400 }),
    );
  });
});
