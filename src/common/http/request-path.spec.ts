import { isBelow, pathOf } from './request-path';

describe('pathOf', () => {
  it.each([
    ['/api/Experiments?x=/y', '/api/experiments'],
    ['http://host:8000/api/x', '/api/x'],
    ['', ''],
  ])('takes the path of %s', (originalUrl, path) => {
    expect(pathOf({ originalUrl })).toBe(path);
  });
});

describe('isBelow', () => {
  it.each([
    ['/api/experiments', true],
    ['/api/experiments/e1', true],
    ['/api/experimentsx', false],
    ['/api', false],
  ])('says of %s: %p', (path, expected) => {
    expect(isBelow(path, '/api/experiments')).toBe(expected);
  });
});
