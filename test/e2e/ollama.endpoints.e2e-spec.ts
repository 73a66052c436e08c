import { outcome } from '../support/error-shape';
import { send } from '../support/raw-http';
import { startApp } from '../support/test-app';
import { withServer } from '../support/with-server';

const ROUTES = ['/api/ollama/test/list', '/api/ollama/test/version'];

describe('the test routes of /api/ollama', () => {
  const server = withServer();

  const test = (route: string, endpoint: unknown, url = server.url) =>
    send(url, { method: 'POST', path: route, body: JSON.stringify({ endpoint }) });

  it('list the models of a server on this machine', async () => {
    const { status, json } = await test('/api/ollama/test/list', server.simulator.url);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      models: expect.arrayContaining([
        expect.objectContaining({
          name: 'llama3.2:3b',
          size: expect.any(Number),
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
          details: expect.objectContaining({ family: 'llama' }),
        }),
      ]),
    });
  });

  it('tell the version of a server on this machine, in whatever spelling', async () => {
    const { port } = new URL(server.simulator.url);
    for (const endpoint of [
      server.simulator.url,
      `${server.simulator.url}/`,
      `http://localhost:${port}`,
      `http://0.0.0.0:${port}/v1`,
    ]) {
      const { status, json } = await test('/api/ollama/test/version', endpoint);
      expect([endpoint, status, json]).toEqual([endpoint, 200, { version: '0.33.0' }]);
    }
  });

  describe.each(ROUTES)('%s', (route) => {
    it.each([
      'http://169.254.169.254',
      'http://[::ffff:a9fe:a9fe]',
      'http://8.8.8.8',
      'http://10.0.0.1:11434',
      'http://user:secret@127.0.0.1:11434',
      'ftp://127.0.0.1',
      'localhost:11434',
      'http://127.0.0.1:11434/admin',
    ])('ENDPOINT_NOT_ALLOWED: refuses %s', async (endpoint) => {
      const answer = await test(route, endpoint);
      expect(outcome(answer)).toBe('400 ENDPOINT_NOT_ALLOWED');
      expect(answer.json).toMatchObject({ detail: expect.stringMatching(/^endpoint must /) });
      expect(answer.text).not.toContain('secret');
    });

    it.each([
      ['{}', 'VALIDATION_FAILED', 'body.endpoint: Field required'],
      ['{"endpoint":null}', 'VALIDATION_FAILED', 'body.endpoint: Input should be a valid string'],
      ['{"endpoint":5}', 'VALIDATION_FAILED', 'body.endpoint: Input should be a valid string'],
      [
        '{"endpoint":["http://127.0.0.1"]}',
        'VALIDATION_FAILED',
        'body.endpoint: Input should be a valid string',
      ],
      ['{"endpoint":" "}', 'VALIDATION_FAILED', 'body.endpoint'],
      [`{"endpoint":"http://${'a'.repeat(3_000)}"}`, 'VALIDATION_FAILED', 'body.endpoint'],
      ['[]', 'VALIDATION_FAILED', 'body'],
      ['{', 'INVALID_JSON', 'body'],
    ])('answers 400 for the body %j', async (body, code, detail) => {
      const answer = await send(server.url, { method: 'POST', path: route, body });
      expect([answer.status, answer.json]).toMatchObject([
        400,
        { code, detail: expect.stringContaining(detail) },
      ]);
    });

    it('ignores fields that it does not know', async () => {
      const body = JSON.stringify({ endpoint: server.simulator.url, theme: 'dark' });
      expect((await send(server.url, { method: 'POST', path: route, body })).status).toBe(200);
    });

    it('UPSTREAM_FAILED: tells that nobody answers', async () => {
      const answer = await test(route, 'http://127.0.0.1:9');
      expect(outcome(answer)).toBe('502 UPSTREAM_FAILED');
      expect(answer.json).toMatchObject({ detail: 'http://127.0.0.1:9 cannot be reached (ECONNREFUSED).' });
    });

    it('UPSTREAM_FAILED: tells that the server is no Ollama, and nothing that it says', async () => {
      await server.simulator.faults({
        fault: 'http_error',
        status: 500,
        text: 'of the house',
        match: { path: '*' },
      });
      const answer = await test(route, server.simulator.url);
      expect(outcome(answer)).toBe('502 UPSTREAM_FAILED');
      expect(answer.text).not.toContain('of the house');
    });

    it('reaches the network that a setting names, with OLLAMA_URL away', async () => {
      const app = await startApp('http://127.0.0.1:9', { OLLAMA_TEST_NETWORKS: '10.255.255.1, 127.0.0.0/8' });
      expect((await test(route, server.simulator.url, app.url)).status).toBe(200);
      expect(outcome(await test(route, 'http://10.255.255.2', app.url))).toBe('400 ENDPOINT_NOT_ALLOWED');
      await app.close();
    });
  });
});
