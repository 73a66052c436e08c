import { hostname, networkInterfaces } from 'node:os';
import { outcome } from '../support/error-shape';
import { exchangeBytes, knock, type RawAnswer, send } from '../support/raw-http';
import { NO_OLLAMA, type ServerProcess, startServerProcess } from '../support/server-process';

type Headers = Readonly<Record<string, string>>;

/** Every way into the server, and the status with which it lets in. */
const DOORS: Readonly<
  Record<string, { status: number; open: (url: string, headers: Headers) => Promise<RawAnswer> }>
> = {
  'a request that reads': {
    status: 200,
    open: (url, headers) => send(url, { path: '/api/experiments', headers }),
  },
  'a request that changes': {
    // Let in, and then told what is wrong with its body.
    status: 422,
    open: (url, headers) =>
      send(url, { method: 'POST', path: '/api/experiments/start', headers, body: '{}' }),
  },
  'Server-Sent Events': {
    // Let in, and then told that there is nothing to watch.
    status: 404,
    open: (url, headers) =>
      send(url, {
        path: '/api/experiments/nobody/events',
        headers: { accept: 'text/event-stream', ...headers },
      }),
  },
  'Socket.IO by polling': polling('/socket.io/'),
  'Socket.IO by polling below /ws/': polling('/ws/socket.io/'),
  'Socket.IO by WebSocket': webSocket('/socket.io/?EIO=4&transport=websocket'),
  'Socket.IO by WebSocket below /ws/': webSocket('/ws/socket.io/?EIO=4&transport=websocket'),
  'the plain WebSocket': webSocket('/ws/experiments/nobody'),
  'the plain WebSocket of pulls': webSocket('/api/models/ws/pull/nobody'),
};

function polling(path: string) {
  const open = (url: string, headers: Headers) =>
    send(url, { path: `${path}?EIO=4&transport=polling`, headers });
  return { status: 200, open };
}

function webSocket(path: string) {
  return { status: 101, open: (url: string, headers: Headers) => knock(url, path, headers) };
}

const MINE = 'https://app.example';
const FOREIGN = [
  'http://evil.example',
  'null',
  'https://localhost:3000',
  'http://127.0.0.1:1',
  'file://',
  'x',
];
const FORWARDING: Headers[] = [
  { 'x-forwarded-for': '127.0.0.1' },
  { 'x-forwarded-host': 'localhost' },
  { 'x-forwarded-proto': 'https' },
  { forwarded: 'for=127.0.0.1' },
  { 'x-real-ip': '127.0.0.1' },
  { via: '1.1 proxy' },
  { 'cf-connecting-ip': '127.0.0.1' },
];

describe('access', () => {
  let server: ServerProcess;
  let behindProxy: ServerProcess;

  beforeAll(async () => {
    [server, behindProxy] = await Promise.all([
      startServerProcess(NO_OLLAMA, { API_HOST: '0.0.0.0' }),
      startServerProcess(NO_OLLAMA, {
        ALLOWED_NETWORKS: '203.0.113.0/24, 2001:db8::/32',
        ALLOWED_HOSTS: 'herd.example, ported.example:8443',
        TRUSTED_PROXIES: '127.0.0.1',
        CORS_ORIGINS: MINE,
      }),
    ]);
  });
  afterEach(() => {
    expect([server.complaint(), behindProxy.complaint()]).toEqual([null, null]);
  });
  afterAll(() => Promise.all([server.close(), behindProxy.close()]));

  describe.each(Object.entries(DOORS))('%s', (name, { status, open }) => {
    /** What every header (or set of them) leads to. */
    const statuses = async (at: ServerProcess, tries: readonly Headers[]) =>
      Promise.all(tries.map(async (headers) => [headers, (await open(at.url, headers)).status]));
    const refusal = async (at: ServerProcess, headers: Headers) => {
      const answer = await open(at.url, headers);
      return [headers, answer.status, /[A-Z]+_[A-Z_]+(?= lists)/.exec(answer.text)?.[0]];
    };
    const refusals = (at: ServerProcess, tries: readonly Headers[]) =>
      Promise.all(tries.map((headers) => refusal(at, headers)));

    it('is open under the names of this machine', async () => {
      const hosts = [
        'localhost',
        'LOCALHOST:1',
        'localhost.',
        '127.0.0.1',
        '[::1]:8000',
        '192.168.7.7',
        hostname(),
      ];
      const tries = hosts.map((host) => ({ host }));
      expect(await statuses(server, tries)).toEqual(tries.map((headers) => [headers, status]));
    });

    it('is closed under a name that a stranger may point here (DNS rebinding)', async () => {
      const hosts = [
        'evil.example',
        `evil.example:${server.port}`,
        'localhost.evil.example',
        '127.0.0.1.nip.io',
        'herd.example',
        'localhost@evil.example',
        'localhost:99999',
        'localhost, evil.example',
        '2130706433',
      ];
      const tries = hosts.map((host) => ({ host }));
      expect(await refusals(server, tries)).toEqual(tries.map((headers) => [headers, 403, 'ALLOWED_HOSTS']));
    });

    it('is open under the names of ALLOWED_HOSTS', async () => {
      const tries = ['herd.example', 'HERD.example:9', 'ported.example:8443'].map((host) => ({ host }));
      expect(await statuses(behindProxy, tries)).toEqual(tries.map((headers) => [headers, status]));
      const wrong = ['ported.example', 'ported.example:8000', 'x.herd.example'].map((host) => ({ host }));
      expect(await refusals(behindProxy, wrong)).toEqual(
        wrong.map((headers) => [headers, 403, 'ALLOWED_HOSTS']),
      );
    });

    it('is closed to what an unknown proxy forwards', async () => {
      expect(await refusals(server, FORWARDING)).toEqual(
        FORWARDING.map((headers) => [headers, 403, 'TRUSTED_PROXIES']),
      );
    });

    it('is open to the clients of a trusted proxy that ALLOWED_NETWORKS names, and to no others', async () => {
      const from = (address: string) => ({ 'x-forwarded-for': address });
      const good = ['203.0.113.9', '203.0.113.9:5000', '[2001:db8::5]:1', '198.51.100.1, 203.0.113.9'].map(
        from,
      );
      expect(await statuses(behindProxy, good)).toEqual(good.map((headers) => [headers, status]));
      const bad = ['198.51.100.1', '203.0.113.9, 198.51.100.1', '127.0.0.1, 198.51.100.1', '2001:db9::1'].map(
        from,
      );
      expect(await refusals(behindProxy, bad)).toEqual(
        bad.map((headers) => [headers, 403, 'ALLOWED_NETWORKS']),
      );
      const unreadable = [from('unknown'), from(''), from('203.0.113.9, '), { forwarded: 'for=203.0.113.9' }];
      expect(await statuses(behindProxy, unreadable)).toEqual(unreadable.map((headers) => [headers, 403]));
    });

    it('is open to pages of the own origin and of CORS_ORIGINS', async () => {
      const own: Headers[] = [
        { origin: server.url },
        { origin: 'http://localhost:3000' },
        { host: 'localhost:81', origin: 'http://localhost:81' },
      ];
      expect(await statuses(server, own)).toEqual(own.map((headers) => [headers, status]));
      const listed: Headers[] = [{ origin: MINE }, { host: 'herd.example', origin: 'https://herd.example' }];
      expect(await statuses(behindProxy, listed)).toEqual(listed.map((headers) => [headers, status]));
    });

    const isReading = name === 'a request that reads';
    it(
      isReading ? 'lets foreign pages ask, but not read the answer' : 'is closed to foreign pages',
      async () => {
        const tries = FOREIGN.map((origin) => ({ origin }));
        const answers = await Promise.all(tries.map((headers) => open(server.url, headers)));
        expect(
          answers.map((answer) => [answer.status, /[A-Z]+_[A-Z_]+(?= lists)/.exec(answer.text)?.[0]]),
        ).toEqual(tries.map(() => (isReading ? [200, undefined] : [403, 'CORS_ORIGINS'])));
        expect(answers.map(({ headers }) => headers['access-control-allow-origin'])).toEqual(
          tries.map(() => undefined),
        );
      },
    );
  });

  it.each([
    ['POST', '/api/experiments/start'],
    ['PUT', '/api/experiments/x'],
    ['PUT', '/api/experiments/x/status?status=completed'],
    ['DELETE', '/api/experiments/x'],
    ['POST', '/nowhere'],
  ])('%s %s of a foreign page is refused before anything else is looked at', async (method, path) => {
    const headers = { origin: 'http://evil.example', 'content-type': 'text/plain' };
    expect(outcome(await send(server.url, { method, path, headers, body: '{garbage' }))).toBe(
      '403 ORIGIN_NOT_ALLOWED',
    );
  });

  it('a form that any page may send changes nothing, even without an Origin header', async () => {
    const headers = { 'content-type': 'text/plain' };
    expect(
      outcome(
        await send(server.url, { method: 'POST', path: '/api/experiments/start', headers, body: '{}' }),
      ),
    ).toBe('415 UNSUPPORTED_MEDIA_TYPE');
  });

  it.each([
    ['no', 'GET /api/experiments HTTP/1.0'],
    ['an empty', 'GET /api/experiments HTTP/1.1\r\nHost:'],
    ['a second', 'GET /api/experiments HTTP/1.1\r\nHost: localhost\r\nHost: localhost'],
  ])('a request with %s Host header is refused', async (_what, head) => {
    expect(await exchangeBytes(server.port, `${head}\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 403 [^]*HOST_NOT_ALLOWED/,
    );
  });

  describe('CORS', () => {
    const ask = (origin: string, more: Headers = {}) =>
      send(server.url, {
        method: 'OPTIONS',
        path: '/api/experiments/start',
        headers: { origin, 'access-control-request-method': 'POST', ...more },
      });

    it('answers listed origins with the headers that browsers need', async () => {
      const { headers } = await send(server.url, {
        path: '/api/experiments',
        headers: { origin: 'http://localhost:3001' },
      });
      expect(headers).toMatchObject({
        'access-control-allow-origin': 'http://localhost:3001',
        'access-control-allow-credentials': 'true',
        vary: expect.stringContaining('Origin'),
      });
    });

    it('allows listed origins what their preflight asks for', async () => {
      const { status, headers } = await ask('http://localhost:3000', {
        'access-control-request-headers': 'content-type,x-any',
      });
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'access-control-allow-origin': 'http://localhost:3000',
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': expect.stringMatching(/DELETE.*POST.*PUT/),
        'access-control-allow-headers': 'content-type,x-any',
        'access-control-max-age': '600',
        vary: expect.stringContaining('Origin'),
      });
    });

    it.each(FOREIGN)('refuses the preflight of %s with a text', async (origin) => {
      const { status, headers, text } = await ask(origin);
      expect([status, text]).toEqual([400, 'Disallowed CORS origin']);
      expect(headers['content-type']).toContain('text/plain');
      expect(headers['access-control-allow-origin']).toBeUndefined();
    });

    it('lets listed pages poll Socket.IO', async () => {
      const { headers } = await send(server.url, {
        path: '/socket.io/?EIO=4&transport=polling',
        headers: { origin: 'http://localhost:3000' },
      });
      expect(headers['access-control-allow-origin']).toBe('http://localhost:3000');
    });
  });

  it.each(['/docs', '/redoc', '/openapi.json', '/health', '/nowhere'])(
    '%s does not tell what serves it, and binds browsers',
    async (path) => {
      for (const headers of [{}, { host: 'evil.example' }] as Headers[]) {
        const answer = await send(server.url, { path, headers });
        expect(answer.headers).not.toHaveProperty('x-powered-by');
        expect(answer.headers).not.toHaveProperty('server');
        expect(answer.headers['content-security-policy']).toMatch(
          /default-src 'self'.*script-src 'self'(;|$)/,
        );
        expect(answer.headers).toMatchObject({
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
        });
      }
    },
  );

  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

  // Needs a network interface besides loopback.
  (own === undefined ? it.skip : it)('this machine is let in through its other addresses too', async () => {
    const url = `http://${own}:${server.port}`;
    const answers = await Promise.all(Object.values(DOORS).map(({ open }) => open(url, {})));
    expect(answers.map(({ status }) => status)).toEqual(Object.values(DOORS).map(({ status }) => status));
  });
});
