import { outcome } from '../support/error-shape';
import { anExperiment } from '../support/factories';
import { type RawRequest, send } from '../support/raw-http';
import { NO_OLLAMA, type ServerProcess, startServerProcess } from '../support/server-process';

describe('wrong addresses, methods and queries', () => {
  let server: ServerProcess;
  let id: string;
  let before: unknown;

  beforeAll(async () => {
    server = await startServerProcess(NO_OLLAMA);
    id = await server.api.start(anExperiment());
    // A status that ends it answers when the end is stored.
    await server.api.put(`/api/experiments/${id}/status?status=error`);
    before = [await server.api.list(), await server.api.experiment(id)];
  });
  afterEach(async () => {
    expect([await server.api.list(), await server.api.experiment(id)]).toEqual(before);
    expect(server.complaint()).toBeNull();
  });
  afterAll(() => server.close());

  const resultOf = async (request: RawRequest) => outcome(await send(server.url, request));

  describe('addresses', () => {
    const routesOf = (segment: string): RawRequest[] => [
      { path: `/api/experiments/${segment}` },
      { path: `/api/experiments/${segment}/events` },
      { method: 'PUT', path: `/api/experiments/${segment}`, body: '{"title":"x"}' },
      { method: 'PUT', path: `/api/experiments/${segment}/status?status=completed` },
      { method: 'DELETE', path: `/api/experiments/${segment}` },
    ];

    it.each([
      'nobody',
      '..%2fx',
      '..%2F..%2F..%2Fetc%2Fpasswd',
      '..',
      '%2e%2e',
      '%00',
      'a%0d%0aX-Injected:%20yes',
      '%F0%9F%98%80',
      '__proto__',
      'constructor',
      '%20',
      "'%20OR%201=1--",
      '%25s%25n',
      'x'.repeat(10_000),
    ])('the unknown id %s is not found at any route', async (segment) => {
      const answers = await Promise.all(routesOf(segment).map((request) => send(server.url, request)));
      expect(answers.map(outcome)).toEqual(answers.map(() => '404 EXPERIMENT_NOT_FOUND NOT_FOUND'));
      expect(answers.map(({ headers }) => headers['x-injected'])).toEqual(answers.map(() => undefined));
    });

    it.each(['%FF', '%', '%zz', '%c0%af', '%ed%a0%80'])(
      'the id %s, which is no text, is refused',
      async (segment) => {
        expect(await Promise.all(routesOf(segment).map(resultOf))).toEqual(
          routesOf(segment).map(() => '400 BAD_REQUEST'),
        );
      },
    );

    it.each([
      '/',
      '/api',
      '/api/experiment',
      '/api/experiments/../x',
      '/api/experiments/x/y',
      '/api/experiments/x/events/y',
      '/ws/experiments/x',
      '/socket.io',
      '/%00',
      '/%FF',
      '/..%2f..%2fetc/passwd',
      '/docs/../../package.json',
      '/docs/..%2f..%2fpackage.json',
      '//evil.example/x',
      '/' + 'x'.repeat(8_000),
    ])('no route answers at %s, whatever the method', async (path) => {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
        expect([method, await resultOf({ method, path })]).toEqual([method, '404 ROUTE_NOT_FOUND']);
      }
      expect((await send(server.url, { method: 'HEAD', path })).status).toBe(404);
    });

    it.each([
      ['/api/experiments', ['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND'], 'GET, HEAD'],
      ['/api/experiments/start', ['PATCH', 'TRACE'], 'DELETE, GET, HEAD, POST, PUT'],
      ['/api/experiments/default-chat-rules', ['POST', 'PATCH'], 'DELETE, GET, HEAD, PUT'],
      ['/api/experiments/nobody', ['POST', 'PATCH', 'LOCK'], 'DELETE, GET, HEAD, PUT'],
      ['/api/experiments/nobody/events', ['POST', 'PUT', 'DELETE'], 'GET, HEAD'],
      ['/api/experiments/nobody/status', ['GET', 'HEAD', 'POST', 'DELETE'], 'PUT'],
      ['/health', ['POST', 'DELETE'], 'GET, HEAD'],
      ['/docs', ['POST'], 'GET, HEAD'],
    ])('%s refuses the methods %j and names the right ones', async (path, methods, allow) => {
      for (const method of methods) {
        // Neither the type nor the content of the body counts before the method.
        const body = method === 'HEAD' || method === 'GET' ? undefined : '{garbage';
        const answer = await send(server.url, {
          method,
          path,
          body,
          headers: { 'content-type': 'text/plain' },
        });
        expect([method, answer.status, answer.headers.allow]).toEqual([method, 405, allow]);
        expect(method === 'HEAD' ? '' : outcome(answer)).toBe(
          method === 'HEAD' ? '' : '405 METHOD_NOT_ALLOWED',
        );
      }
    });
  });

  it.each([
    ['after=-1', 'greater_than_equal query.after'],
    ['after=x', 'int_parsing query.after'],
    ['after=', 'int_parsing query.after'],
    ['after=1.5', 'int_parsing query.after'],
    ['after=1&after=2', 'int_type query.after'],
    ['after=%00', 'value_error query.after'],
    ['after=0x10', 'int_parsing query.after'],
    ['limit=0', 'greater_than_equal query.limit'],
    ['limit=-5', 'greater_than_equal query.limit'],
    ['limit=1001', 'less_than_equal query.limit'],
    ['limit=1e3', 'int_parsing query.limit'],
    ['limit=Infinity', 'int_parsing query.limit'],
    ['limit=5&limit=5', 'int_type query.limit'],
    ['after=-1&limit=0', 'greater_than_equal query.after, greater_than_equal query.limit'],
    ['other=%00', 'value_error query.other'],
    ['__proto__=1', 'value_error query.__proto__'],
  ])('the query ?%s of the events is refused', async (query, problems) => {
    expect(await resultOf({ path: `/api/experiments/${id}/events?${query}` })).toBe(
      `422 VALIDATION_FAILED [${problems}]`,
    );
  });

  it.each([
    'after=99999999999999999999999',
    'after=9007199254740993&limit=1000',
    'limit=%2B5&after=999',
    'after=1000&x[__proto__]=1&x[]=2',
  ])('the query ?%s finds no events', async (query) => {
    const answer = await send(server.url, { path: `/api/experiments/${id}/events?${query}` });
    expect(answer.json).toEqual({ events: [], last_seq: expect.any(Number) });
  });

  it.each([
    '',
    '?',
    '?status',
    '?status=',
    '?status=COMPLETED',
    '?status=deleted',
    '?Status=completed',
    '?status[]=completed',
    '?status=running&status=error',
    '?status=%00',
  ])('the query "%s" is no status', async (query) => {
    expect(await resultOf({ method: 'PUT', path: `/api/experiments/${id}/status${query}` })).toMatch(
      /^422 VALIDATION_FAILED \[(missing|literal_error|value_error) query\.status\]$/,
    );
  });

  it.each([[[]], [{}], [true], ['a\0'], ['\ud800'], ['x'.repeat(100_000)]])(
    'a title that is no text or too long is refused',
    async (title) => {
      expect(
        await resultOf({ method: 'PUT', path: `/api/experiments/${id}`, body: JSON.stringify({ title }) }),
      ).toMatch(/^422 VALIDATION_FAILED \[(string_type|value_error|string_too_long) body\.title\]$/);
    },
  );
});
