import { derivedId } from './derived-id';

/** The namespace for domain names, of which RFC 9562 gives an example. */
const DNS = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

describe('derivedId', () => {
  it('gives the UUID of version 5 that the standard gives', () => {
    expect(derivedId(DNS, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
  });

  it('gives the same id for the same name, and another one for another name or request', () => {
    expect(derivedId(DNS, '0')).toBe(derivedId(DNS, '0'));
    expect(derivedId(DNS, '1')).not.toBe(derivedId(DNS, '0'));
    expect(derivedId(derivedId(DNS, '0'), '0')).not.toBe(derivedId(DNS, '0'));
  });
});
