import { ProbeApp } from './testing/probe-app';

const ID = expect.stringMatching(/^[\w.-]{1,64}$/);
const LISTED = 'http://localhost:3000';

describe('configureHttp', () => {
  let app: ProbeApp;

  beforeAll(async () => {
    app = await ProbeApp.start();
  });

  afterAll(() => app.stop());

  describe('request ids', () => {
    it('makes one for each request and echoes a sane one', async () => {
      const first = await app.call('GET', '/api/experiments');
      const second = await app.call('GET', '/api/experiments');
      expect(first.headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
      expect(second.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
      const own = await app.call('GET', '/nowhere', { 'x-request-id': 'my.id_1-2' });
      expect(own.headers['x-request-id']).toBe('my.id_1-2');
      expect(own.json).toMatchObject({ request_id: 'my.id_1-2' });
    });

    it.each(['a'.repeat(65), 'a b', 'a,b', 'ä', ''])('does not echo %j', async (id) => {
      const answer = await app.call('GET', '/api/experiments', { 'x-request-id': id });
      expect(answer.headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
    });
  });

  describe('a slash at the end of an address', () => {
    it('sends an address with a slash at its end to the one without', async () => {
      const answer = await app.call('POST', '/api/experiments/start/?a=b');
      expect(answer.status).toBe(307);
      expect(answer.headers.location).toBe('/api/experiments/start?a=b');
    });

    it.each(['//evil.com/', '//evil.com/..%2f/', '/\\evil.com/'])(
      'does not send anybody from %s elsewhere',
      async (path) => {
        const answer = await app.call('GET', path);
        expect(answer.status).toBe(404);
        expect(answer.headers.location).toBeUndefined();
      },
    );
  });

  describe('CORS', () => {
    const preflight = {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type, x-own',
    };

    it('answers the preflight of a listed origin', async () => {
      const answer = await app.call('OPTIONS', '/api/experiments/start', { origin: LISTED, ...preflight });
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': LISTED,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT',
        'access-control-allow-headers': 'content-type, x-own',
        'access-control-max-age': '600',
        vary: expect.stringContaining('Origin'),
      });
    });

    it('refuses the preflight of another origin with a text', async () => {
      const answer = await app.call('OPTIONS', '/api/experiments/start', {
        origin: 'http://evil.com',
        ...preflight,
      });
      expect([answer.status, answer.body]).toEqual([400, 'Disallowed CORS origin']);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(answer.headers['content-type']).toContain('text/plain');
    });

    it('lets a listed origin read answers, errors too', async () => {
      for (const path of ['/api/experiments', '/api/experiments/e1', '/nowhere']) {
        const answer = await app.call('GET', path, { origin: LISTED });
        expect(answer.headers['access-control-allow-origin']).toBe(LISTED);
        expect(answer.headers.vary).toContain('Origin');
      }
    });

    it('does not let another origin read', async () => {
      const answer = await app.call('GET', '/api/experiments', { origin: 'http://evil.com' });
      expect(answer.status).toBe(200);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(answer.headers.vary).toContain('Origin');
    });
  });

  describe('access', () => {
    it.each([
      [{ 'x-forwarded-for': '10.0.0.1' }, 'ADDRESS_NOT_ALLOWED', 'TRUSTED_PROXIES'],
      [{ host: 'evil.com' }, 'HOST_NOT_ALLOWED', 'ALLOWED_HOSTS'],
      [{ origin: 'http://evil.com' }, 'ORIGIN_NOT_ALLOWED', 'CORS_ORIGINS'],
    ])('answers 403 for %j before anything is read', async (headers, code, setting) => {
      const answer = await app.call('POST', '/api/experiments/start', headers, '{');
      expect(answer.status).toBe(403);
      expect(answer.json).toEqual({ detail: expect.stringContaining(setting), code, request_id: ID });
    });
  });

  it('sets security headers on every answer and does not name the framework', async () => {
    for (const answer of [
      await app.call('GET', '/api/experiments'),
      await app.call('GET', '/', { host: 'evil.com' }),
    ]) {
      const policy = String(answer.headers['content-security-policy']);
      expect(policy).toContain("script-src 'self'");
      expect(policy).toContain("worker-src 'self' blob:");
      expect(policy).not.toContain('upgrade-insecure-requests');
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.headers['x-powered-by']).toBeUndefined();
      expect(answer.headers['strict-transport-security']).toBeUndefined();
    }
  });
});
