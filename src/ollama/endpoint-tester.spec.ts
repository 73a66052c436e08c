import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { DomainError } from '../common/errors/domain-error';
import { loadSettings } from '../config/load-settings';
import { AddressResolver, SystemAddressResolver } from './address-resolver';
import { EndpointTester } from './endpoint-tester';
import { ConnectionAttempts } from './testing/connection-attempts';
import { NEVER, OWN, UNLESS_NAMED } from './testing/endpoint-rows';
import { failureOf } from './testing/failure-of';
import { portOf } from './testing/port-of';

/** Answers look-ups as the spec says; each one takes the next answer of its name, the last one again and again. */
class ScriptedResolver extends AddressResolver {
  readonly asked: string[] = [];

  constructor(private readonly answers: Record<string, string[][]> = {}) {
    super();
  }

  resolve(name: string): Promise<string[]> {
    this.asked.push(name);
    const answers = this.answers[name] ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return answer === undefined
      ? Promise.reject(Object.assign(new Error('unknown name'), { code: 'ENOTFOUND' }))
      : Promise.resolve(answer);
  }
}

const ALL_NETWORKS = '0.0.0.0/0,::/0';

describe(EndpointTester.name, () => {
  const servers: Server[] = [];
  let attempts: ConnectionAttempts;

  const listen = async (onRequest: RequestListener, host = '127.0.0.1') => {
    const server = createServer(onRequest);
    server.listen(0, host);
    await once(server, 'listening');
    servers.push(server);
    return { port: portOf(server), url: `http://${host}:${portOf(server)}` };
  };
  const testerOf = (
    networks = '',
    resolver: AddressResolver = new ScriptedResolver(),
    ollamaUrl = 'http://own.test:11434',
  ) =>
    new EndpointTester(
      resolver,
      loadSettings({
        OLLAMA_URL: ollamaUrl,
        OLLAMA_API_KEY: 'key-of-our-own',
        OLLAMA_TEST_NETWORKS: networks,
      }),
    );
  const resolverOf = (endpoint: string, addresses: string[] = []) => {
    const host = URL.canParse(endpoint) ? new URL(endpoint).hostname : '';
    return new ScriptedResolver({ [host]: [addresses] });
  };
  const codeOf = (failure: unknown) => (failure instanceof DomainError ? failure.code : failure);

  beforeEach(() => {
    attempts = new ConnectionAttempts();
  });

  afterEach(async () => {
    attempts.stop();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  describe('with a trap that listens on all addresses of this machine', () => {
    let trap: Server;
    let caught = 0;

    beforeAll(async () => {
      trap = createServer((_request, response) => response.end('{"version":"0.33.0","models":[]}'));
      trap.on('connection', () => {
        caught += 1;
      });
      trap.listen(0, '::');
      await once(trap, 'listening');
    });

    beforeEach(() => {
      caught = 0;
    });

    afterAll(async () => {
      trap.closeAllConnections();
      await new Promise((resolve) => trap.close(resolve));
    });

    const withPort = (endpoint: string) => endpoint.replace('PORT', String(portOf(trap)));

    it.each(NEVER)(
      'never connects for $endpoint $addresses, whatever networks are named',
      async ({ endpoint, addresses }) => {
        const text = withPort(endpoint);
        const tester = testerOf(ALL_NETWORKS, resolverOf(text, addresses));
        expect(codeOf(await failureOf(tester.version(text)))).toBe('ENDPOINT_NOT_ALLOWED');
        expect(codeOf(await failureOf(tester.models(text)))).toBe('ENDPOINT_NOT_ALLOWED');
        expect([attempts.targets, caught]).toEqual([[], 0]);
      },
    );

    it.each(UNLESS_NAMED)(
      'does not connect for $endpoint $addresses, which no setting names',
      async ({ endpoint, addresses }) => {
        const text = withPort(endpoint);
        const tester = testerOf('192.0.2.77, fd99::/16', resolverOf(text, addresses));
        expect(codeOf(await failureOf(tester.version(text)))).toBe('ENDPOINT_NOT_ALLOWED');
        expect([attempts.targets, caught]).toEqual([[], 0]);
      },
    );

    it.each(OWN)('connects for $endpoint to $target', async ({ endpoint, target, addresses }) => {
      const text = withPort(endpoint);
      const tester = testerOf('', resolverOf(text.trim(), addresses));
      expect(await tester.version(text)).toEqual({ version: '0.33.0' });
      expect([attempts.targets, caught]).toEqual([[`${target} ${portOf(trap)}`], 1]);
    });

    it('connects to where a name led when it was checked, though it leads elsewhere by now', async () => {
      const resolver = new ScriptedResolver({ 'moving.test': [['127.0.0.1'], ['169.254.169.254']] });
      const tester = testerOf('', resolver);
      const endpoint = withPort('http://moving.test:PORT');
      expect(await tester.version(endpoint)).toEqual({ version: '0.33.0' });
      expect(resolver.asked).toEqual(['moving.test']);
      expect(codeOf(await failureOf(tester.version(endpoint)))).toBe('ENDPOINT_NOT_ALLOWED');
      expect([attempts.targets, caught]).toEqual([[`127.0.0.1 ${portOf(trap)}`], 1]);
    });

    it.each([301, 302, 303, 307, 308])('does not follow a redirect (%i)', async (status) => {
      const { url } = await listen((_request, response) => {
        response.writeHead(status, { location: withPort('http://127.0.0.2:PORT/api/version') });
        response.end('{"version":"0.33.0"}');
      });
      const failure = await failureOf(testerOf(ALL_NETWORKS).version(url));
      expect(failure).toMatchObject({
        code: 'UPSTREAM_FAILED',
        message: `${url} answered with status ${status}; redirects are not followed.`,
      });
      expect(caught).toBe(0);
    });

    it('tries all addresses of a name, and no other', async () => {
      const { port } = await listen((_request, response) => response.end('{"version":"1.0"}'));
      const tester = testerOf('', new ScriptedResolver({ 'two.test': [['127.0.0.9', '127.0.0.1']] }));
      await tester.version(`http://two.test:${port}`);
      expect(attempts.targets).toEqual([`127.0.0.9 ${port}`, `127.0.0.1 ${port}`]);
    });
  });

  it('looks real names up with the operating system', async () => {
    const { port } = await listen((_request, response) => response.end('{"version":"1.0"}'));
    const tester = testerOf('', new SystemAddressResolver());
    expect(await tester.version(`http://localhost:${port}`)).toEqual({ version: '1.0' });
  });

  it('tells that a name is unknown', async () => {
    expect(await failureOf(testerOf().version('http://nobody.test'))).toMatchObject({
      code: 'UPSTREAM_FAILED',
      message: 'http://nobody.test cannot be reached (ENOTFOUND).',
    });
  });

  it('asks for one fixed path only, without our key', async () => {
    const seen: unknown[] = [];
    const { url } = await listen(({ method, url: path, headers }, response) => {
      seen.push([method, path, headers.authorization]);
      response.end('{"models":null,"version":"1"}');
    });
    await testerOf().models(`${url}/v1`);
    await testerOf().version(`${url}/api/`);
    expect(seen).toEqual([
      ['GET', '/api/tags', undefined],
      ['GET', '/api/version', undefined],
    ]);
  });

  it('asks OLLAMA_URL itself below its base path, with our key, and wherever its name leads', async () => {
    const seen: unknown[] = [];
    const { port } = await listen(({ url: path, headers }, response) => {
      seen.push([path, headers.authorization]);
      response.end('{"version":"1"}');
    });
    const own = `http://localhost:${port}`;
    // A resolver that knows no name: our own address is for the system to look up.
    const tester = testerOf('', new ScriptedResolver(), `${own}/ollama`);
    for (const endpoint of [own, `${own}/`, `${own}/ollama`, `${own}/ollama/v1`, `${own}/api`]) {
      expect(await tester.version(endpoint)).toEqual({ version: '1' });
    }
    expect(seen).toEqual(Array.from({ length: 5 }, () => ['/ollama/api/version', 'Bearer key-of-our-own']));
    expect(codeOf(await failureOf(tester.version(`${own}/other`)))).toBe('ENDPOINT_NOT_ALLOWED');
    expect(seen).toHaveLength(5);
  });

  it('asks each of OLLAMA_URLS, also when several are behind one host', async () => {
    const seen: unknown[] = [];
    const { port } = await listen(({ url: path, headers }, response) => {
      seen.push([path, headers.authorization]);
      response.end('{"version":"1"}');
    });
    const own = `http://localhost:${port}`;
    const settings = loadSettings({
      OLLAMA_URLS: `http://elsewhere.test,${own}/gpu-1,${own}/gpu-2`,
      OLLAMA_API_KEY: 'key-of-our-own',
    });
    const tester = new EndpointTester(new ScriptedResolver(), settings);
    for (const endpoint of [`${own}/gpu-1`, `${own}/gpu-2/v1`, own]) {
      expect(await tester.version(endpoint)).toEqual({ version: '1' });
    }
    expect(seen).toEqual(
      ['/gpu-1', '/gpu-2', '/gpu-1'].map((path) => [`${path}/api/version`, 'Bearer key-of-our-own']),
    );
    expect(codeOf(await failureOf(tester.version(`${own}/gpu-3`)))).toBe('ENDPOINT_NOT_ALLOWED');
  });

  it.each([
    ['a page', '<html>secret-of-the-house</html>', 200],
    ['JSON of something else', '{"secret":"secret-of-the-house"}', 200],
    ['a list', '["secret-of-the-house"]', 200],
    ['a version that is a message', '{"version":"secret-of-the-house is here"}', 200],
    ['an error', '{"error":"secret-of-the-house"}', 500],
    ['a refusal', '{"version":"secret-of-the-house"}', 401],
  ])('shows nothing of %s', async (_what, body, status) => {
    const { url } = await listen((_request, response) => response.writeHead(status).end(body));
    for (const ask of ['version', 'models'] as const) {
      const failure = (await failureOf(testerOf()[ask](url))) as DomainError;
      expect(failure.code).toBe('UPSTREAM_FAILED');
      expect(failure.message).not.toContain('secret');
      expect(failure.message).toContain(
        status === 200 ? 'does not answer as an Ollama server does' : String(status),
      );
    }
  });

  it('passes on of a list what it knows, and nothing else', async () => {
    const { url } = await listen((_request, response) =>
      response.end(
        JSON.stringify({
          secret: 1,
          models: [
            {
              name: 'm:latest',
              size: 5,
              digest: 'abc',
              modified_at: 'now',
              secret: 1,
              details: { family: 'llama', secret: 1 },
            },
            { name: 7 },
            null,
            { name: 'bare:latest', size: '5', details: 'secret' },
          ],
        }),
      ),
    );
    expect(await testerOf().models(url)).toEqual({
      models: [
        {
          name: 'm:latest',
          size: 5,
          digest: 'abc',
          modified_at: 'now',
          details: {
            parent_model: null,
            format: null,
            family: 'llama',
            families: null,
            parameter_size: null,
            quantization_level: null,
            context_length: null,
            embedding_length: null,
          },
        },
        { name: 'bare:latest', size: null, digest: null, modified_at: null, details: null },
      ],
    });
  });

  it('reads a list of 1,000 models', async () => {
    const details = {
      format: 'gguf',
      family: 'llama',
      families: ['llama'],
      parameter_size: '3.2B',
      quantization_level: 'Q4_K_M',
    };
    const models = Array.from({ length: 1_000 }, (_, index) => ({
      name: `some-model-with-a-long-name-${index}:latest`,
      model: `some-model-with-a-long-name-${index}:latest`,
      modified_at: '2026-05-02T11:03:21.48+02:00',
      size: 2_019_393_189,
      digest: 'a'.repeat(64),
      details,
      capabilities: ['completion', 'tools', 'thinking'],
    }));
    const { url } = await listen((_request, response) => response.end(JSON.stringify({ models })));
    expect((await testerOf().models(url)).models).toHaveLength(1_000);
  });

  it.each([
    ['version', 64 * 1024],
    ['models', 1024 * 1024],
  ] as const)('ends an endless answer of %s', async (ask, limit) => {
    let sent = 0;
    let closed: Promise<unknown> | undefined;
    const { url } = await listen((_request, response) => {
      closed = once(response, 'close');
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384))) {
          sent += 16_384;
        }
      };
      response.on('drain', more);
      more();
    });
    expect(await failureOf(testerOf()[ask](url))).toMatchObject({
      code: 'UPSTREAM_FAILED',
      message: `${url} answers with more than ${limit} bytes.`,
    });
    await closed;
    // What the sockets of both ends hold comes on top.
    expect(sent).toBeLessThan(limit + 16 * 1024 * 1024);
  });

  it.each([
    ['says nothing', (): void => undefined],
    ['drips', (write: (text: string) => void) => write('{')],
  ] as const)('gives up a server that %s after three seconds in all', async (_what, answer) => {
    let closed: Promise<unknown> | undefined;
    const { url } = await listen((_request, response) => {
      const drip = setInterval(() => answer((text) => response.write(text)), 100);
      closed = once(response, 'close').then(() => clearInterval(drip));
    });
    const startedAt = performance.now();
    expect(await failureOf(testerOf().version(url))).toMatchObject({
      code: 'UPSTREAM_FAILED',
      message: `${url} did not answer within 3000 ms.`,
    });
    expect(performance.now() - startedAt).toBeGreaterThan(2_900);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await closed;
  });

  it('gives up a name server that does not answer', async () => {
    const silent = new (class extends AddressResolver {
      resolve(): Promise<string[]> {
        return new Promise(() => undefined);
      }
    })();
    expect(await failureOf(testerOf('', silent).version('http://slow.test'))).toMatchObject({
      message: 'http://slow.test did not answer within 3000 ms.',
    });
  });
});
