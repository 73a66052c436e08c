import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { type AccessSettings, createAccessGuard } from './access-guard';
import { type Machine } from './this-machine';

const OWN = '192.168.1.10';
const SETTINGS: AccessSettings = {
  allowedNetworks: ['10.1.0.0/16', 'fd00::/8'],
  allowedHosts: ['Herd.example', 'behind.example:8443'],
  trustedProxies: ['192.168.1.20', '172.16.0.0/12'],
  corsOrigins: ['http://localhost:3000', 'https://dash.example/'],
};

interface Sent {
  readonly from?: string;
  readonly method?: string;
  readonly kind?: 'request' | 'handshake';
  readonly headers?: Readonly<Record<string, string>>;
  readonly hosts?: string[];
}

function machine(addresses: () => readonly string[] = () => ['127.0.0.1', OWN, 'fe80::1']): Machine {
  return { hostname: 'Workstation', addresses };
}

function requestOf({ from = '127.0.0.1', method = 'GET', headers = {}, hosts }: Sent): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: from === '' ? undefined : from });
  const req = new IncomingMessage(socket);
  const fields: Record<string, string> = { host: 'localhost:8000', ...headers };
  req.method = method;
  req.headers = fields;
  req.headersDistinct = { host: hosts ?? [fields['host'] ?? ''] };
  return req;
}

function decide(sent: Sent): string {
  const decision = createAccessGuard(SETTINGS, machine())(requestOf(sent), sent.kind ?? 'request');
  return decision.allowed ? 'allowed' : `${decision.code}: ${decision.message}`;
}

describe('createAccessGuard', () => {
  it.each<[string, Sent]>([
    ['this machine', {}],
    ['another loopback address', { from: '127.9.9.9' }],
    ['loopback in IPv6', { from: '::1' }],
    ['loopback as IPv4 in IPv6', { from: '::ffff:127.0.0.1' }],
    ['an address of an own interface', { from: OWN }],
    ['an own address as IPv4 in IPv6', { from: `::ffff:${OWN}` }],
    ['an own link-local address with its zone', { from: 'fe80::1%eth0' }],
    ['an allowed network', { from: '10.1.200.3' }],
    ['an allowed network in IPv6', { from: 'fd12::5' }],
    [
      'an allowed network through an unknown proxy in it',
      { from: '10.1.0.9', headers: { via: '1.1 proxy' } },
    ],
    ['a trusted proxy for this machine', { from: '192.168.1.20', headers: { 'x-forwarded-for': OWN } }],
    [
      'a trusted proxy for an allowed network',
      { from: '192.168.1.20', headers: { 'x-forwarded-for': '10.1.0.9' } },
    ],
    [
      'a chain of trusted proxies',
      { from: '192.168.1.20', headers: { 'x-forwarded-for': '8.8.8.8, 10.1.0.9, 172.16.0.5' } },
    ],
    ['a hop with a port', { from: '192.168.1.20', headers: { 'x-forwarded-for': '10.1.0.9:5000' } }],
    ['a hop in IPv6 with a port', { from: '192.168.1.20', headers: { 'x-forwarded-for': '[fd12::5]:5000' } }],
  ])('lets in %s', (_what, sent) => {
    expect(decide(sent)).toBe('allowed');
  });

  it.each<[string, Sent, string]>([
    ['another machine', { from: '192.168.1.11' }, 'ALLOWED_NETWORKS'],
    ['another machine in IPv6', { from: '2001:db8::1' }, 'ALLOWED_NETWORKS'],
    ['a connection without an address', { from: '' }, 'unknown'],
    ['a trusted proxy for itself', { from: '192.168.1.20' }, 'ALLOWED_NETWORKS'],
    [
      'a trusted proxy for a stranger',
      { from: '192.168.1.20', headers: { 'x-forwarded-for': '8.8.8.8' } },
      '8.8.8.8',
    ],
    [
      'a stranger who invents the first hop',
      { from: '192.168.1.20', headers: { 'x-forwarded-for': '127.0.0.1, 8.8.8.8' } },
      '8.8.8.8',
    ],
    [
      'loopback of another machine',
      { from: '192.168.1.20', headers: { 'x-forwarded-for': '127.0.0.1' } },
      '192.168.1.20',
    ],
    [
      'a malformed hop',
      { from: '192.168.1.20', headers: { 'x-forwarded-for': '10.1.0.9, unknown' } },
      'X-Forwarded-For',
    ],
    [
      'an empty list of hops',
      { from: '192.168.1.20', headers: { 'x-forwarded-for': '' } },
      'X-Forwarded-For',
    ],
    [
      'a trusted proxy that tells the client in another header',
      { from: '192.168.1.20', headers: { 'x-real-ip': '10.1.0.9' } },
      'X-Forwarded-For',
    ],
    ...[
      'forwarded',
      'via',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-real-ip',
      'cf-connecting-ip',
    ].map((name): [string, Sent, string] => [
      `${name} from this machine, which is no trusted proxy`,
      { headers: { [name]: '127.0.0.1' } },
      'TRUSTED_PROXIES',
    ]),
  ])('refuses the address of %s', (_what, sent, text) => {
    expect(decide(sent)).toMatch(/^ADDRESS_NOT_ALLOWED/);
    expect(decide(sent)).toContain(text);
  });

  it.each([
    'localhost',
    'LOCALHOST:8000',
    'localhost.',
    '127.0.0.1:8000',
    '203.0.113.9',
    '[::1]:8000',
    'workstation:8000',
    'WORKSTATION',
    'herd.example',
    'herd.example:1234',
    'behind.example:8443',
  ])('knows the host %s', (host) => {
    expect(decide({ headers: { host } })).toBe('allowed');
  });

  it.each([
    'evil.com',
    'evil.com:8000',
    'localhost.evil.com',
    'behind.example',
    'behind.example:1',
    '',
    'a b',
    '0x7f.1',
    '[::1',
  ])('refuses the host %j', (host) => {
    expect(decide({ headers: { host } })).toMatch(/^HOST_NOT_ALLOWED.*ALLOWED_HOSTS/);
  });

  it('refuses a request with no Host or with two', () => {
    expect(decide({ hosts: [] })).toMatch(/^HOST_NOT_ALLOWED/);
    expect(decide({ hosts: ['localhost', 'evil.com'] })).toMatch(/^HOST_NOT_ALLOWED/);
  });

  it.each<[string, Sent]>([
    ['no origin', { method: 'POST' }],
    ['the origin of the host', { method: 'POST', headers: { origin: 'http://localhost:8000' } }],
    ['a listed origin', { method: 'DELETE', headers: { origin: 'http://localhost:3000' } }],
    [
      'an origin that is listed with a slash',
      { method: 'POST', headers: { origin: 'https://dash.example' } },
    ],
    ['a handshake from a listed origin', { kind: 'handshake', headers: { origin: 'http://localhost:3000' } }],
    ['a handshake of a program', { kind: 'handshake' }],
    ['another origin that only reads', { headers: { origin: 'http://evil.com' } }],
    ['another origin that asks for the headers', { method: 'HEAD', headers: { origin: 'http://evil.com' } }],
    ['a preflight', { method: 'OPTIONS', headers: { origin: 'http://evil.com' } }],
  ])('lets in %s', (_what, sent) => {
    expect(decide(sent)).toBe('allowed');
  });

  it.each<[string, Sent]>([
    ['POST', { method: 'POST', headers: { origin: 'http://evil.com' } }],
    ['PUT', { method: 'PUT', headers: { origin: 'http://localhost:3001' } }],
    ['PATCH', { method: 'PATCH', headers: { origin: 'https://localhost:8000.evil.com' } }],
    ['DELETE', { method: 'DELETE', headers: { origin: 'null' } }],
    [
      'POST with two origins',
      { method: 'POST', headers: { origin: 'http://localhost:3000, http://evil.com' } },
    ],
    ['POST with an empty origin', { method: 'POST', headers: { origin: '' } }],
    ['a handshake', { kind: 'handshake', headers: { origin: 'http://evil.com' } }],
    ['a handshake from a sandbox', { kind: 'handshake', headers: { origin: 'null' } }],
    ['a handshake from another port', { kind: 'handshake', headers: { origin: 'http://localhost:9000' } }],
  ])('refuses the origin of %s', (_what, sent) => {
    expect(decide(sent)).toMatch(/^ORIGIN_NOT_ALLOWED.*CORS_ORIGINS/);
  });

  it('believes a proxy on this machine only what it forwards', () => {
    const guard = createAccessGuard({ ...SETTINGS, trustedProxies: ['127.0.0.1', '::1'] }, machine());
    const through = (headers: Record<string, string>) => guard(requestOf({ headers }), 'request').allowed;
    expect(through({ 'x-forwarded-for': '127.0.0.1' })).toBe(true);
    expect(through({ 'x-forwarded-for': '8.8.8.8' })).toBe(false);
    expect(through({ 'x-forwarded-for': '127.0.0.1, 8.8.8.8' })).toBe(false);
    expect(through({ 'x-forwarded-proto': 'https' })).toBe(false);
    expect(through({})).toBe(true);
  });

  it('asks for the addresses of this machine again after a while, not every time', () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const addresses = jest.fn<readonly string[], []>().mockReturnValueOnce([]).mockReturnValue([OWN]);
    const guard = createAccessGuard(SETTINGS, machine(addresses));
    const req = requestOf({ from: OWN });
    expect(guard(req, 'request').allowed).toBe(false);
    expect(guard(req, 'request').allowed).toBe(false);
    expect(addresses).toHaveBeenCalledTimes(1);
    now.mockReturnValue(11_000);
    expect(guard(req, 'request').allowed).toBe(true);
    now.mockRestore();
  });

  it('knows the addresses of the machine that it runs on', () => {
    const req = requestOf({ from: '192.0.2.1' });
    expect(createAccessGuard(SETTINGS)(req, 'request')).toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' });
  });
});
