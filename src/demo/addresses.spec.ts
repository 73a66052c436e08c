import { addressesOf } from './addresses';

describe('addressesOf', () => {
  it.each([
    ['0.0.0.0', 'http://localhost:8000', 'http://127.0.0.1:8000'],
    ['::', 'http://localhost:8000', 'http://127.0.0.1:8000'],
    ['::1', 'http://[::1]:8000', 'http://[::1]:8000'],
    ['10.0.0.5', 'http://10.0.0.5:8000', 'http://10.0.0.5:8000'],
  ])('of %s are %s and %s', (host, shown, own) => {
    expect(addressesOf(host, 8000)).toEqual({ shown, own });
  });
});
