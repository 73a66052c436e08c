import { isOriginOf, normalOrigin, parseHost } from './origin';

describe('parseHost', () => {
  it.each([
    ['localhost', 'localhost', undefined],
    ['LocalHost:8000', 'localhost', 8000],
    ['my-machine.local.', 'my-machine.local', undefined],
    ['10.0.0.1:80', '10.0.0.1', 80],
    ['[::1]', '::1', undefined],
    ['[::1]:8000', '::1', 8000],
  ])('reads %s', (text, name, port) => {
    expect(parseHost(text)).toEqual({ name, port });
  });

  it.each(['', ':8000', '.', 'a b', 'a/b', 'a@b', 'a:99999', 'a:', 'a:b', '::1', '[::1', 'a,b', 'ä'])(
    'does not read %j',
    (text) => {
      expect(parseHost(text)).toBeUndefined();
    },
  );
});

describe('normalOrigin', () => {
  it.each([
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://LOCALHOST:3000/', 'http://localhost:3000'],
    ['https://a.example:443', 'https://a.example'],
    ['null', undefined],
    ['', undefined],
    ['localhost:3000', undefined],
    ['file:///etc', undefined],
    ['chrome-extension://abc', undefined],
  ])('makes of %s: %s', (text, expected) => {
    expect(normalOrigin(text)).toBe(expected);
  });
});

describe('isOriginOf', () => {
  it.each([
    ['http://localhost:8000', 'localhost:8000', true],
    ['http://localhost', 'localhost:80', true],
    ['https://herd.example', 'herd.example', true],
    ['https://herd.example', 'herd.example:443', true],
    ['http://[::1]:8000', '[::1]:8000', true],
    ['http://localhost:3000', 'localhost:8000', false],
    ['http://localhost', 'localhost:8000', false],
    ['http://evil.com:8000', 'localhost:8000', false],
    ['https://herd.example', 'herd.example:80', false],
  ])('says of %s and the host %s: %p', (origin, text, expected) => {
    const host = parseHost(text);
    expect(host !== undefined && isOriginOf(origin, host)).toBe(expected);
  });
});
