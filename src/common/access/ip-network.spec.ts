import { isInNetworks, parseAddress, parseNetwork } from './ip-network';

describe('parseNetwork', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3', 32],
    [' 192.168.0.0/16 ', '192.168.0.0', 16],
    ['0.0.0.0/0', '0.0.0.0', 0],
    ['fd00::/8', 'fd00::', 8],
    ['::1', '::1', 128],
    ['::ffff:10.0.0.1', '10.0.0.1', 32],
    ['::ffff:10.0.0.0/104', '10.0.0.0', 8],
  ])('reads %s', (text, address, bits) => {
    const network = parseNetwork(text);
    expect([network?.address.toString(), network?.bits]).toEqual([address, bits]);
  });

  it.each([
    '',
    '*',
    'localhost',
    '10.0.0',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '0x7f.0.0.1',
    '012.0.0.1',
    'fd00::/129',
    'fe80::1%eth0',
    '::ffff:10.0.0.0/95',
  ])('does not read %j', (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });
});

describe('isInNetworks', () => {
  const networks = ['10.0.0.0/8', 'fd00::/8']
    .map((text) => parseNetwork(text))
    .filter((network) => network !== undefined);

  it.each([
    ['10.255.0.1', true],
    ['11.0.0.1', false],
    ['::ffff:10.0.0.1', true],
    ['fdab::1', true],
    ['fe80::1%eth0', false],
    ['::1', false],
  ])('says of %s: %p', (text, expected) => {
    const address = parseAddress(text);
    expect(address !== undefined && isInNetworks(address, networks)).toBe(expected);
  });
});
