import { withoutTrailingSlash } from './trailing-slash';

describe('withoutTrailingSlash', () => {
  it.each([
    ['/api/experiments/', '/api/experiments'],
    ['/api/experiments///', '/api/experiments'],
    ['/a/?b=c/&d=/', '/a?b=c/&d=/'],
    ['/a//b/', '/a//b'],
    ['/%2Fevil.com/', '/%2Fevil.com'],
  ])('sends %s to %s', (url, target) => {
    expect(withoutTrailingSlash(url)).toBe(target);
  });

  it.each([
    '/',
    '///',
    '/?a=b',
    '/a',
    '/a?b=/',
    '//evil.com/',
    '//evil.com/a/',
    '/\\evil.com/',
    '/a\\b/',
    'http://evil.com/a/',
    '*',
    '',
  ])('leaves %s alone', (url) => {
    expect(withoutTrailingSlash(url)).toBeUndefined();
  });
});
